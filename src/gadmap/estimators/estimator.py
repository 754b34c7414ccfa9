"""What an estimator is."""

from typing import Protocol, runtime_checkable

from gadmap.data import Exam, ParameterMaps


@runtime_checkable
class Estimator(Protocol):
    """Anything that turns an examination into parameter maps.

    One with an attribute `needs_concentration` that is false uses neither T1 nor arterial input,
    one with `needs_arterial_input` that is false at least not the latter; it gets examinations
    where these were not looked for.
    """

    def estimate(self, exam: Exam) -> ParameterMaps:
        """Maps of every voxel in the mask of `exam`; NaN elsewhere, with a reason.

        A sequence of sentences under `remarks` in the maps' settings is told on the console and in
        the report.
        """
        ...
