"""What a worker that maps thousands of examinations keeps of them: nothing."""

from time import sleep
from typing import Any

from gadmap.cohort import LocalWorkers


def test_a_worker_keeps_no_profile_of_what_it_did():
    """Dask samples the stack of a task every 10 ms and keeps the samples of an hour."""
    with LocalWorkers(1).client() as client:
        client.submit(sleep, 0.5).result()
        profile: Any = client.profile()
    assert profile["count"] == 0
