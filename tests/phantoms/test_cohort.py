"""Laws of a cohort: who its patients are, whatever their number and size."""

from dataclasses import replace
from itertools import islice, pairwise
from math import inf

import numpy as np
import pytest
import torch
from scipy import ndimage

from gadmap.estimators import LeastSquares
from gadmap.phantoms import (
    PRIORS,
    RIDER,
    WIDE,
    Case,
    cohort,
    drawn_values,
    patient_case,
    phantom_of,
)
from gadmap.phantoms.anatomy import brain_template
from gadmap.phantoms.pose import Pose
from gadmap.physics.spgr import spgr_signal

SMALL = {"matrix": 48, "slices": 16, "frames": 12}
every_prior = pytest.mark.parametrize("priors", PRIORS.values(), ids=PRIORS.keys())


@pytest.fixture(scope="module")
def patients():
    return list(cohort(3, 5, **SMALL))


@pytest.fixture(scope="module")
def clean():
    """A patient at a finer matrix, without noise and motion."""
    case = patient_case(2, 0, matrix=96, slices=16, frames=40, motion=False)
    return phantom_of(replace(case, snr=inf))


def voxels(phantom, *tissues, purity=0.0):
    numbers = [phantom.tissues.index(tissue) for tissue in tissues]
    return np.isin(phantom.labels, numbers) & (phantom.purity > purity)


def test_the_same_seed_gives_the_same_patient_however_many_there_are(patients):
    (first,) = cohort(1, 5, **SMALL)
    second = next(islice(cohort(2, 5, **SMALL), 1, None))
    for again, known in ((first, patients[0]), (second, patients[1])):
        assert again.case == known.case
        np.testing.assert_array_equal(again.exam.series.signal, known.exam.series.signal)
        np.testing.assert_array_equal(again.vfa.signal, known.vfa.signal)
        np.testing.assert_array_equal(again.truth["ktrans"], known.truth["ktrans"])


def test_patients_seeds_and_priors_share_nothing_that_is_drawn():
    cases = [
        patient_case(seed, index, priors=priors)
        for seed in (0, 1)
        for index in (0, 1)
        for priors in (RIDER, WIDE)
    ]
    for value in ("seed", "tumour_centre", "snr", "dose", "head_size", "tissues"):
        assert len({getattr(case, value) for case in cases}) == len(cases), value


def test_what_is_drawn_does_not_depend_on_the_size_or_on_motion():
    full, small = patient_case(3, 2), patient_case(3, 2, motion=False, **SMALL)
    still = {"drift": 0.0, "drift_angle": 0.0, "jumps": 0}
    assert small == replace(full, **still, **SMALL)


@every_prior
def test_draws_keep_to_their_ranges_and_fill_them(priors):
    cases = [patient_case(0, index, priors=priors) for index in range(60)]
    for name in ("dose", "cardiac_output", "hct", "snr", "lead", "tumour_radius", "b1", "drift"):
        prior = getattr(priors, name)
        values = [getattr(case, name) for case in cases]
        assert prior.low <= min(values) < max(values) <= prior.high, name
        assert max(values) - min(values) > 0.6 * (prior.high - prior.low), name
    first, last = priors.baseline_frames
    assert {case.baseline_frames for case in cases} == set(range(first, last + 1))
    for name in ("tr", "flip_angle"):
        prior = getattr(priors, name)
        assert all(prior.low <= getattr(case, name) <= prior.high for case in cases)
    rim = [case.tissues[10] for case in cases]
    assert {tissue.name for tissue in rim} == {"tumour rim"}
    ktrans = [tissue.ktrans for tissue in rim]
    assert priors.rim_ktrans.low <= min(ktrans) < max(ktrans) <= priors.rim_ktrans.high
    assert max(ktrans) > 6 * min(ktrans)


def test_a_cohort_is_acquired_as_rider_neuro_is():
    case, demo = patient_case(0, 0), Case()
    for name in ("tr", "flip_angle", "vfa_flip_angles", "frames", "frame_step", "matrix", "slices"):
        assert getattr(case, name) == getattr(demo, name)
    assert (case.frames, case.frame_step) == (65, 4.762)
    assert 6 <= case.baseline_frames <= 10


@every_prior
def test_tumours_lie_in_the_brain_of_one_hemisphere(priors):
    template = brain_template()
    sides = set()
    for index in range(30):
        case = patient_case(1, index, priors=priors)
        pose = Pose.of(case.head_size, case.head_turn)
        centre = pose.in_template(np.array(case.tumour_centre)[:, None])
        assert template.grey.at(centre)[0] + template.white.at(centre)[0] > 0.9
        assert template.hull.at(centre)[0] < -0.8 * case.tumour_radius
        assert abs(centre[0, 0]) > case.tumour_radius
        sides.add(bool(centre[0, 0] > 0))
    assert sides == {False, True}


def test_every_tumour_has_a_rim_around_a_core_and_stays_inside_the_skull(patients):
    for phantom in patients:
        rim, core = voxels(phantom, "tumour rim"), voxels(phantom, "necrotic core")
        assert rim.sum() > 10
        assert core.sum() > 3
        in_slice = np.ones((3, 3, 1), dtype=bool)
        beside_core = ndimage.binary_dilation(core, in_slice) & ~core
        around = ndimage.binary_dilation(rim | core)
        assert not (around & voxels(phantom, "air", "skin", "fat", "muscle")).any()
        ktrans = phantom.truth["ktrans"]
        assert np.nanmedian(ktrans[beside_core]) > 2 * np.median(ktrans[core])


def test_patients_differ_in_anatomy_bolus_and_noise(patients):
    for one, other in pairwise(patients):
        assert (one.labels != other.labels).mean() > 0.05
        assert one.exam.baseline_frames != other.exam.baseline_frames or not np.allclose(
            one.exam.aif.plasma, other.exam.aif.plasma, rtol=0.05
        )
        assert one.noise_sd != pytest.approx(other.noise_sd, rel=1e-3)


def test_the_first_enhanced_frame_is_the_one_drawn(patients):
    for phantom in patients:
        plasma, first = phantom.exam.aif.plasma, phantom.case.baseline_frames
        assert phantom.exam.baseline_frames == first
        assert (plasma[:first] == 0).all()
        assert (plasma[first:] > 0).all()


def test_b1_is_smooth_within_its_range_and_varies(clean):
    b1 = clean.exam.b1
    assert 0.84 < b1.min() < b1.max() < 1.16
    assert np.ptp(b1) > 0.03
    assert np.abs(np.diff(b1, axis=0)).max() < 0.01


@pytest.mark.parametrize("tissue", ["csf", "muscle", "white matter"])
def test_signals_are_those_of_the_actual_flip_angle(clean, tissue):
    """Ratios of volumes are those of the steady state at B1 times the nominal angles."""
    where = voxels(clean, tissue, purity=0.9999)
    assert where.any()
    r10 = 1 / torch.tensor(clean.exam.t10[where], dtype=torch.float64)[:, None]
    angles = torch.tensor([acquisition.flip_angle for acquisition in clean.vfa.acquisitions])
    actual = torch.tensor(clean.exam.b1[where], dtype=torch.float64)[:, None] * angles
    expected = spgr_signal(r10, torch.ones_like(r10), actual, clean.case.tr).numpy()
    found = clean.vfa.signal[where]
    np.testing.assert_allclose(
        found / found[:, :1], expected / expected[:, :1], rtol=1e-5, atol=1e-6
    )
    at_dynamic_angle = list(clean.case.vfa_flip_angles).index(clean.case.flip_angle)
    np.testing.assert_allclose(
        clean.exam.series.signal[where][:, 0], found[:, at_dynamic_angle], rtol=1e-6
    )


def test_a_fit_of_the_clean_patient_with_its_b1_gives_the_truth(clean):
    maps = LeastSquares("tofts").estimate(clean.exam)
    pure = (
        voxels(clean, "tumour rim", "muscle", "oedema", purity=0.9999)
        & clean.exam.mask
        & maps.valid
    )
    assert pure.sum() > 50
    for name in ("ktrans", "ve", "kep"):
        np.testing.assert_allclose(maps[name][pure], clean.truth[name][pure], rtol=2e-3)


def test_every_patient_has_the_same_columns_with_finite_values():
    rows = [drawn_values(patient_case(0, index, priors=WIDE)) for index in range(3)]
    names = [[drawn.name for drawn in row] for row in rows]
    assert names[0] == names[1] == names[2]
    assert len(set(names[0])) == len(names[0])
    for row in rows:
        assert all(np.isfinite(drawn.value) for drawn in row)
    shown = {drawn.name: drawn for drawn in rows[0]}
    assert shown["tumour_rim_ktrans"].unit == "1/min"
    assert 20 <= shown["flip_angle"].value <= 30


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        ({"dose": 0.0}, "dose is 0"),
        ({"lead": 1.0}, "lead is 1 frames"),
        ({"b1_spread": 0.5}, "comes down to 0"),
        ({"tissues": ()}, "expected those of TISSUES"),
    ],
)
def test_impossible_patients_are_refused(choice, message):
    with pytest.raises(ValueError, match=message):
        Case(**choice)


def test_a_volume_fraction_above_one_is_refused():
    tissues = tuple(
        replace(tissue, ve=0.9) if tissue.name == "tumour rim" else tissue
        for tissue in Case().tissues
    )
    with pytest.raises(ValueError, match=r"ve of tumour rim comes up to 1\.34"):
        Case(tissues=tissues)


def test_negative_seeds_and_patients_are_refused():
    with pytest.raises(ValueError, match="seed -1, patient 0"):
        patient_case(-1, 0)
