"""What the page and the console say of an explanation."""

import numpy as np
from jaxtyping import Float

from gadmap.data import Exam
from gadmap.explanation import Deletion, Explanation, FrameGradients, Sampling, SeenRegion
from gadmap.report.explanation_plots import has_arterial_curve
from gadmap.report.words import number, quantity_of, unit_text

_NO_MORE_THAN_CHANCE = 0.005


def missing_words(explanation: Explanation) -> list[str]:
    """Which pictures there are not, and why, a sentence each."""
    name, said = explanation.own.name, []
    if explanation.attention is None:
        said.append(f"{name} has no attention: there are no weights to show.")
    if not explanation.own.cams:
        said.append(f"{name} reads each voxel's curve by itself: there is no Grad-CAM to show.")
    return said


def headline_tiles(explanation: Explanation) -> list[tuple[str, str]]:
    """The numbers at the top: value and what it is."""
    seen, deletion = explanation.seen, explanation.deletion
    quantity = quantity_of(seen.quantity)
    tiles = [
        (f"{int(seen.region.sum()):,}", f"voxels, in {_counted(len(seen.slices), 'slice')}"),
        (
            f"{number(explanation.gradients.end)} {unit_text(quantity)}",
            f"mean {seen.quantity} there",
        ),
    ]
    tiles += [
        (f"{100 * deletion.area(name):+.1f} %", f"deletion by {name}, beyond chance")
        for name in deletion.change
    ]
    if explanation.sampling is not None:
        tiles.append((f"× {explanation.sampling.late:.2f}", "error, later half at half the rate"))
    return tiles


def _counted(count: int, thing: str) -> str:
    return f"{count} {thing}{'' if count == 1 else 's'}"


def _named_slices(slices: tuple[int, ...]) -> str:
    return f"slice{'' if len(slices) == 1 else 's'} {', '.join(map(str, slices))}"


def frames_words(exam: Exam, seen: SeenRegion, weights: Float[np.ndarray, " frames"]) -> str:
    """How the weights of the frames are read, and where they are highest."""
    times = seen.trained.grid.times
    before = times < 0
    top = float(times[int(np.argmax(weights))])
    above = "arterial curve" if has_arterial_curve(exam) else "signal of the region"
    return (
        f"What the network multiplies each frame by, below the {above}: the line is the mean, the "
        f"faint ones are slices. Highest {top:.0f} s after contrast arrived; on average "
        f"{number(float(weights[before].mean()))} before and "
        f"{number(float(weights[~before].mean()))} after."
    )


def channels_words(weights: Float[np.ndarray, "b channel"]) -> str:
    """How the weights of the channels are read."""
    mean = weights.mean(axis=0)
    return (
        "What each inner channel is multiplied by, 0 to 1; dashes are slices. "
        f"{int((mean < 0.1).sum())} of {mean.size} channels are nearly closed (below 0.1), "
        f"{int((mean > 0.9).sum())} nearly open (above 0.9)."
    )


def space_words(space: Float[np.ndarray, "b h w"], seen: SeenRegion) -> str:
    """How the weights of the voxels are read."""
    region, body = seen.region.numpy(), seen.body.numpy()
    return (
        "What each voxel's features are multiplied by; the colours span the middle 98 % of the "
        f"body, the line is the region. On average {number(float(space[region].mean()))} in the "
        f"region and {number(float(space[body].mean()))} in the body."
    )


def gradients_words(gradients: FrameGradients, unit: str) -> str:
    """How the frames' shares are read."""
    return (
        "Integrated gradients: each frame's share in the change of the region's mean estimate from "
        f"the same slices without contrast agent, {number(gradients.start)}, to the slices as they "
        f"are, {number(gradients.end)} {unit}".rstrip()
        + f". The shares add up to that change, here but for {gradients.gap:.1%} of it."
    )


def deletion_words(deletion: Deletion) -> str:
    """How the deletion test is read, and its number for every explanation."""
    orders = len(deletion.random)
    found = [
        f"{name}: {100 * deletion.area(name):+.1f} % of the estimate beyond chance, above "
        f"{deletion.beaten(name)} of {orders} random orders ({_verdict(deletion, name)})"
        for name in deletion.change
    ]
    return (
        "Frames are deleted, the most important first, and filled in from their remaining "
        "neighbours; a faithful explanation moves the estimate sooner than chance. The band spans "
        f"{orders} random orders. Mean height above theirs: {'; '.join(found)}."
    )


def _verdict(deletion: Deletion, name: str) -> str:
    area = deletion.area(name)
    if area > _NO_MORE_THAN_CHANCE and deletion.beaten(name) >= 0.9 * len(deletion.random):
        return "faithful"
    return "less than chance" if area < -_NO_MORE_THAN_CHANCE else "no more than chance"


def sampling_words(sampling: Sampling) -> str:
    """What thinner sampling costs, in numbers."""
    fitted = ", ".join(f"{name} {number(value)}" for name, value in sampling.parameters.items())
    return (
        f"Fisher's information of the exact fit ({sampling.model}) on ktrans at the region's mean "
        f"curve, {fitted}, where ktrans has a standard error of "
        f"{number(sampling.standard_error)} 1/min: each frame's share in the middle, below it "
        "what the standard error grows by if every second frame is left out from a time on. "
        f"With the later half of the time at half the rate ({sampling.late_frames} frames fewer) "
        f"it is {sampling.late:.2f} times as large, with the earlier half "
        f"({sampling.early_frames} fewer) {sampling.early:.2f} times."
    )


def cam_rows(explanation: Explanation) -> list[tuple[str, str, str, str]]:
    """Network, layer, and the shares of the map's sum in the region and in the body."""
    return [
        (one.name, cam.layer, f"{cam.in_region:.0%}", f"{cam.in_body:.0%}")
        for one in explanation.pictured
        for cam in one.cams
    ]


def console_lines(explanation: Explanation) -> list[str]:
    """What was found, a line each."""
    seen = explanation.seen
    unit = quantity_of(seen.quantity).unit
    where = f"{_counted(int(seen.region.sum()), 'voxel')} in {_named_slices(seen.slices)}"
    lines = [
        f"region: {explanation.region.words}; {where}",
        f"mean {seen.quantity} of {explanation.own.name}: {number(explanation.gradients.end)} "
        f"{unit}".rstrip(),
        *missing_words(explanation),
    ]
    lines += [
        f"deletion by {name}: {100 * explanation.deletion.area(name):+.1f} % beyond chance "
        f"({_verdict(explanation.deletion, name)})"
        for name in explanation.deletion.change
    ]
    if explanation.sampling is not None:
        lines.append(
            f"later half at half the rate: standard error of ktrans × "
            f"{explanation.sampling.late:.2f}; earlier half: × {explanation.sampling.early:.2f}"
        )
    return lines
