"""Rigid motion correction: every frame is registered to what the whole series tells of it."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import TypeVar

import numpy as np
from jaxtyping import Bool, Float

from gadmap.data import DceSeries, Motion
from gadmap.preparation.rigid import (
    Body,
    Pose,
    Registration,
    clean,
    displacements,
    moved_back,
    pose_of,
)

Result = TypeVar("Result")

_COMPARED_MM = 2.0
_MOST_COMPONENTS = 4
_FRAMES_A_COMPONENT = 8  # that fewer would repeat each frame, with its motion
_ROUNDS = 2
_FIRST_STEP, _LATER_STEP = 1.0, 0.3  # mm
_MEASURABLE = 0.1  # voxels of the images that are compared


def _silent(done: int, total: int) -> None:
    """Progress that nobody watches."""


def corrected_series(
    series: DceSeries,
    baseline_frames: int,
    mask: Bool[np.ndarray, "x y z"],
    *,
    workers: int = 2,
    progress: Callable[[int, int], None] = _silent,
) -> tuple[DceSeries, Motion]:
    """Series with every frame moved back to where the body lay before contrast, and the motion.

    Rigid: three shifts and three rotations; in the plane only where there are fewer than eight
    slices. The body in `mask` is first registered to the mean before contrast, by mutual
    information, which enhancement disturbs little. The aligned series' first principal components
    then tell how each frame should look, its own contrast included, and the frames are
    registered to that; twice. This is done on pixels of some 2 mm, and only the result is made
    of the frames themselves. A frame that moved less than can be measured is left as it is, since
    values between voxels are smoother than those acquired. Voxels that a frame did not see are
    NaN in it.

    Threads share the work: SimpleITK holds no lock of Python's while it computes.

    Raises
    ------
    ValueError
        If a frame is empty in the body, or cannot be aligned.

    References
    ----------
    Melbourne et al., Phys Med Biol 2007;52:5147-5156: principal components as the reference.
    """
    body = Body(
        mask=mask, spacing=np.linalg.norm(series.affine[:3, :3], axis=0), origin=np.zeros(3)
    )
    coarse, frames = _coarse(body, series.signal)
    _require_signal(frames, coarse.mask)
    registration, count = Registration(coarse), series.t.size
    total, done = (2 + _ROUNDS) * count, 0
    with ThreadPoolExecutor(workers) as pool:

        def of_every_frame(work: Callable[[int], Result]) -> Iterator[Result]:
            nonlocal done
            for result in pool.map(work, range(count)):
                yield result
                done += 1
                progress(done, total)

        before = np.broadcast_to(frames[:baseline_frames].mean(axis=0), frames.shape)
        poses = [registration.rest()] * count
        find = partial(_pose, registration, before, frames, poses, _FIRST_STEP)
        poses = list(of_every_frame(find))
        for _ in range(_ROUNDS):
            aligned = pool.map(partial(moved_back, coarse), poses, frames)
            expected = _expected(np.stack(list(aligned)), coarse.compared)
            find = partial(_pose, registration, expected, frames, poses, _LATER_STEP)
            poses = _against_rest(list(of_every_frame(find)), baseline_frames)
        motion = _motion(poses, coarse)
        corrected = series.signal
        if motion.corrected.any():
            corrected = np.empty_like(series.signal)
            back = partial(_back, body, series.signal, poses, motion)
            for frame, moved in enumerate(of_every_frame(back)):
                corrected[..., frame] = moved
    progress(total, total)
    return replace(series, signal=corrected), motion


def _coarse(
    body: Body, signal: Float[np.ndarray, "x y z time"]
) -> tuple[Body, Float[np.ndarray, "time x y z"]]:
    """Body and frames with as many pixels put together as makes them nearly 2 mm."""
    nx, ny = (max(1, int(_COMPARED_MM / size + 1e-3)) for size in body.spacing[:2])
    cut_x, cut_y, slices, count = signal.shape
    width, height = cut_x // nx, cut_y // ny

    def put_together(volume: np.ndarray) -> Float[np.ndarray, "x y z"]:
        cut = volume[: width * nx, : height * ny].astype(np.float32)
        return cut.reshape(width, nx, height, ny, slices).mean(axis=(1, 3))

    frames = np.stack([put_together(clean(signal[..., frame])) for frame in range(count)])
    factor = np.array([nx, ny, 1])
    return Body(
        mask=put_together(body.mask) >= 0.5,
        spacing=body.spacing * factor,
        origin=body.origin + body.spacing * (factor - 1) / 2,
    ), frames


def _require_signal(
    frames: Float[np.ndarray, "time x y z"], mask: Bool[np.ndarray, "x y z"]
) -> None:
    inside = frames[:, mask]
    empty = np.flatnonzero(inside.max(axis=1) <= inside.min(axis=1))
    if empty.size:
        raise ValueError(
            f"frame {empty[0]} is empty where the body is; expected an image in every frame to "
            "correct motion. Was the series cut short?"
        )


def _pose(
    registration: Registration,
    references: Float[np.ndarray, "time x y z"],
    frames: Float[np.ndarray, "time x y z"],
    starts: list[Pose],
    step: float,
    frame: int,
) -> Pose:
    try:
        return registration.pose(references[frame], frames[frame], starts[frame], step)
    except RuntimeError as error:
        raise ValueError(
            f"frame {frame} could not be aligned with the others; expected the same body in view. "
            "Is it of another examination?"
        ) from error


def _expected(
    aligned: Float[np.ndarray, "time x y z"], compared: Bool[np.ndarray, "x y z"]
) -> Float[np.ndarray, "time x y z"]:
    """How each frame should look: the series by its first principal components over time.

    These are found where every frame saw the body.
    """
    seen = compared & np.isfinite(aligned).all(axis=0)
    if not seen.any():
        raise ValueError(
            "no part of the body is in all frames; expected the same body in view. "
            "Did the table move?"
        )
    samples = np.nan_to_num(aligned).reshape(len(aligned), -1)
    inside = samples[:, seen.reshape(-1)].astype(np.float64)
    _, courses = np.linalg.eigh(inside @ inside.T)
    count = min(_MOST_COMPONENTS, max(1, len(aligned) // _FRAMES_A_COMPONENT))
    first = courses[:, -count:].astype(np.float32)
    expected = first @ (first.T @ samples)
    return np.maximum(expected, 0).reshape(aligned.shape)


def _against_rest(poses: list[Pose], baseline_frames: int) -> list[Pose]:
    """Poses against their mean before contrast.

    The components follow the frames, and nothing else would hold them all together in place. The
    first frame alone, nearer to the measurement of T1, would give its own error to all.
    """
    parameters = np.array([pose.GetParameters() for pose in poses])
    held = parameters - parameters[:baseline_frames].mean(axis=0)
    return [pose_of(pose.GetCenter(), values) for pose, values in zip(poses, held, strict=True)]


def _voxels(displacement: Float[np.ndarray, "voxel 3"], body: Body) -> float:
    """Mean length of a displacement [voxels]."""
    return float(np.linalg.norm(displacement / body.spacing, axis=1).mean())


def _motion(poses: list[Pose], body: Body) -> Motion:
    points = body.points
    moved = [displacements(pose, points) for pose in poses]
    voxels = [_voxels(far, body) for far in moved]
    parameters = np.array([pose.GetParameters() for pose in poses])
    return Motion(
        displacement=np.array([np.linalg.norm(far, axis=1).mean() for far in moved]),
        corrected=np.array(voxels) >= _MEASURABLE,
        shifts=parameters[:, 3:],
        rotations=parameters[:, :3],
    )


def _back(
    body: Body,
    signal: Float[np.ndarray, "x y z time"],
    poses: list[Pose],
    motion: Motion,
    frame: int,
) -> Float[np.ndarray, "x y z"]:
    if not motion.corrected[frame]:
        return signal[..., frame]
    return moved_back(body, poses[frame], signal[..., frame])
