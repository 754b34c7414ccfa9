import pytest
from small_cohort import SmallCohort, small_cohort


@pytest.fixture(scope="session")
def cohort(tmp_path_factory) -> SmallCohort:
    return small_cohort(tmp_path_factory.mktemp("cohort"), 4)
