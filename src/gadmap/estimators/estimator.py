"""What an estimator is."""

from typing import Protocol, runtime_checkable

from gadmap.data import Exam, ParameterMaps


@runtime_checkable
class Estimator(Protocol):
    """Anything that turns an examination into parameter maps."""

    def estimate(self, exam: Exam) -> ParameterMaps:
        """Maps of every voxel in the mask of `exam`; NaN elsewhere, with a reason."""
        ...
