"""All that is told of one estimate in one region."""

from dataclasses import dataclass

from gadmap.explanation.attention import Attention
from gadmap.explanation.deletion import Deletion
from gadmap.explanation.grad_cam import GradCam
from gadmap.explanation.gradients import FrameGradients
from gadmap.explanation.information import Sampling
from gadmap.explanation.region import Region
from gadmap.explanation.seen import SeenRegion


@dataclass(frozen=True, eq=False, kw_only=True)
class Pictured:
    """A network's Grad-CAM of the region.

    Attributes
    ----------
    seen
        The region as this network sees it.
    cams
        Of each layer, the last one last; none for a network without convolutions.
    """

    seen: SeenRegion
    cams: tuple[GradCam, ...]

    @property
    def name(self) -> str:
        """The network's."""
        return self.seen.trained.network


@dataclass(frozen=True, eq=False, kw_only=True)
class Explanation:
    """How a network comes to its estimate in a region.

    Attributes
    ----------
    region
        What is explained.
    own, beside
        The network with its Grad-CAM, and another to compare or None.
    attention
        Its weights; None for a network without attention.
    gradients
        Which frames moved the estimate.
    deletion
        Whether the frames that are named matter.
    sampling
        What each frame is worth to the exact fit; None where it was not asked for.
    """

    region: Region
    own: Pictured
    beside: Pictured | None
    attention: Attention | None
    gradients: FrameGradients
    deletion: Deletion
    sampling: Sampling | None

    @property
    def seen(self) -> SeenRegion:
        """The region as the network sees it."""
        return self.own.seen

    @property
    def pictured(self) -> tuple[Pictured, ...]:
        """Networks that have a Grad-CAM."""
        both = (self.own, self.beside)
        return tuple(one for one in both if one is not None and one.cams)
