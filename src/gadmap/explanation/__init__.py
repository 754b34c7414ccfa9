"""How a network comes to its estimate: attention, Grad-CAM, frames, and what these are worth."""

from gadmap.explanation.attention import Attention, region_attention
from gadmap.explanation.deletion import Deletion, deletion_test
from gadmap.explanation.grad_cam import GradCam, grad_cams
from gadmap.explanation.gradients import FrameGradients, frame_gradients
from gadmap.explanation.information import Sampling, region_sampling
from gadmap.explanation.region import Region, threshold_region
from gadmap.explanation.result import Explanation, Pictured
from gadmap.explanation.seen import SeenRegion, explained_quantity, seen_region

__all__ = [
    "Attention",
    "Deletion",
    "Explanation",
    "FrameGradients",
    "GradCam",
    "Pictured",
    "Region",
    "Sampling",
    "SeenRegion",
    "deletion_test",
    "explained_quantity",
    "frame_gradients",
    "grad_cams",
    "region_attention",
    "region_sampling",
    "seen_region",
    "threshold_region",
]
