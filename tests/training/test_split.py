"""Laws of the split by patient, and of what it keeps apart."""

from dataclasses import replace

import numpy as np
import pytest
from small_patients import small_patient, small_patients, small_recipe

from gadmap.training import split_patients
from gadmap.training.training_set import training_set


@pytest.mark.parametrize("count", [3, 4, 6, 19, 40])
def test_every_patient_is_in_one_part(count: int):
    names = [f"p{i}" for i in range(count)]
    split = split_patients(names, (12, 2, 5), seed=3)
    parts = (split.training, split.validation, split.test)
    assert sorted(name for part in parts for name in part) == sorted(names)
    assert all(parts)


def test_nineteen_are_split_as_in_the_paper():
    split = split_patients([f"p{i}" for i in range(19)], (12, 2, 5), seed=0)
    assert tuple(map(len, (split.training, split.validation, split.test))) == (12, 2, 5)


def test_the_split_depends_on_its_seed_and_not_on_the_order_of_names():
    names = [f"p{i}" for i in range(19)]
    assert split_patients(names, (12, 2, 5), 1) == split_patients(names[::-1], (12, 2, 5), 1)
    assert split_patients(names, (12, 2, 5), 1) != split_patients(names, (12, 2, 5), 2)


def test_too_few_or_doubled_patients_are_refused():
    with pytest.raises(ValueError, match="at least 3"):
        split_patients(["a", "b"], (12, 2, 5), 0)
    with pytest.raises(ValueError, match="one name"):
        split_patients(["a", "b", "a"], (12, 2, 5), 0)


def test_a_test_patient_changes_nothing_in_training():
    """Neither scales nor batches nor looks: it is not even read."""
    recipe, patients = small_recipe(), small_patients()
    split = split_patients(list(patients), recipe.split, recipe.split_seed)
    before = training_set(patients, split, recipe)
    del patients[split.test[0]]
    after = training_set(patients, split, recipe)
    assert after.scales == before.scales
    assert after.acquisition == before.acquisition
    for one, other in zip(
        (before.batches.at(3), *before.validation),
        (after.batches.at(3), *after.validation),
        strict=True,
    ):
        assert all(bool((a == b).all()) for a, b in zip(one, other, strict=True))


def test_scales_come_from_training_patients_only():
    recipe, patients = small_recipe(), small_patients()
    split = split_patients(list(patients), recipe.split, recipe.split_seed)
    before = training_set(patients, split, recipe).scales
    for name in (*split.validation, *split.test):
        patients[name] = small_patient(name, 99, height=3.0)
    assert training_set(patients, split, recipe).scales == before
    name = split.training[0]
    patients[name] = small_patient(name, 99, height=3.0)
    assert training_set(patients, split, recipe).scales != before


def test_the_scale_is_the_quantile_of_what_counts():
    recipe, patients = small_recipe(quantity="ve", scale_quantile=0.9), small_patients()
    split = split_patients(list(patients), recipe.split, recipe.split_seed)
    values = [patients[name].fit["ve"] for name in split.training]
    known = np.concatenate([v[np.isfinite(v)] for v in values])
    found = training_set(patients, split, recipe).scales
    assert found["ve"] == pytest.approx(float(np.quantile(known, 0.9)))


def test_targets_are_scaled_and_clipped():
    recipe, patients = small_recipe(quantity="all", scale_quantile=0.9), small_patients()
    split = split_patients(list(patients), recipe.split, recipe.split_seed)
    batch = training_set(patients, split, recipe).batches.at(0)
    counted = batch.target[batch.weight.bool()]
    assert 0 <= float(counted.min()) < float(counted.max()) <= 1 + 1e-6
    assert batch.target.shape[1] == 3
    assert int(batch.weight[:, 1].sum()) < int(batch.weight[:, 0].sum())


def test_truth_is_refused_where_there_is_none():
    recipe, patients = small_recipe(mode="supervised-truth"), small_patients()
    patients = {name: replace(patient, truth=None) for name, patient in patients.items()}
    split = split_patients(list(patients), recipe.split, recipe.split_seed)
    with pytest.raises(ValueError, match="no true maps"):
        training_set(patients, split, recipe)


def test_the_ranges_of_the_training_patients_settings_are_told():
    recipe, patients = small_recipe(), small_patients()
    split = split_patients(list(patients), recipe.split, recipe.split_seed)
    angles = [patients[name].acquisition.flip_angle for name in split.training]
    found = training_set(patients, split, recipe).acquisition
    assert found["flip_angle"] == [min(angles), max(angles)]
    assert "field_strength" not in found
