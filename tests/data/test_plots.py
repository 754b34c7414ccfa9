"""Containers draw and tabulate themselves."""

import pickle
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest

from disc import disc_exam, disc_maps, disc_truth
from gadmap.data import Reason
from gadmap.fitting import fit_curves

EXAM, MAPS = disc_exam(), disc_maps()


def closed(html: str) -> str:
    """The text of a page part whose elements are all closed."""

    class Reader(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.open, self.text = [], []

        def handle_starttag(self, tag, attrs):
            if tag != "img":
                self.open.append(tag)

        def handle_endtag(self, tag):
            assert self.open.pop() == tag

        def handle_data(self, data):
            self.text.append(data)

    reader = Reader()
    reader.feed(html)
    assert not reader.open
    return " ".join(reader.text)


def fitted():
    t = np.arange(30) * 5.0
    cp = np.where(t > 20, 5 * np.exp(-(t - 20) / 100), 0)
    import torch

    from gadmap.physics.forward import tissue_concentration
    from gadmap.physics.kinetics import KINETIC_MODELS

    values = {"ktrans": torch.tensor([0.1, 0.2]).double(), "ve": torch.tensor([0.3, 0.4]).double()}
    tissue = tissue_concentration(
        KINETIC_MODELS["tofts"], values, torch.tensor(t), torch.tensor(cp)
    ).numpy()
    tissue = np.concatenate([tissue, np.full((1, t.size), np.nan)])
    return t, tissue, fit_curves(tissue, t, cp)


def test_a_figure_has_a_tile_for_each_map_and_slice_and_a_bar_for_each_map():
    figure = MAPS.plot(["ktrans", "ve"], slices=[0, 2])
    titles = [axes.get_title() for axes in figure.axes]
    assert titles.count("slice 0") == titles.count("slice 2") == 2
    assert sum("1/min" in axes.get_ylabel() for axes in figure.axes) == 1
    assert len(figure.axes) == 6


def test_a_name_alone_is_the_map_of_that_name():
    one, two = MAPS.plot("ktrans", slices=[0]), MAPS.plot(["ktrans"], slices=[0])
    assert [axes.get_ylabel() for axes in one.axes] == [axes.get_ylabel() for axes in two.axes]
    np.testing.assert_array_equal(
        one.axes[0].images[0].get_array(), two.axes[0].images[0].get_array()
    )


def test_colours_end_where_they_end_in_every_examination():
    twice = replace(MAPS, values={name: 2 * values for name, values in MAPS.values.items()})
    for maps in (MAPS, twice):
        image = maps.plot(["ktrans"], slices=[1]).axes[0].images[0]
        assert image.get_clim() == (0, 0.5)


def test_what_does_not_enhance_is_clear_and_lies_over_the_anatomy():
    reason = MAPS.reason.copy()
    reason[9, 11, 1] = Reason.NO_ENHANCEMENT
    tile = replace(MAPS, reason=reason).plot(["ktrans"], slices=[1], exam=EXAM).axes[0]
    assert len(tile.images) == 2
    assert (~tile.images[1].get_array().mask).sum() == (
        ~MAPS.plot(["ktrans"], slices=[1]).axes[0].images[0].get_array().mask
    ).sum() - 1


def test_a_notebook_displays_a_figure_without_pyplot():
    png = MAPS.plot(["ktrans"], slices=[1])._repr_png_()
    assert png.startswith(b"\x89PNG")


def test_maps_and_slices_that_are_not_there_are_refused():
    with pytest.raises(KeyError, match="no map of 'fp'"):
        MAPS.plot(["fp"])
    with pytest.raises(ValueError, match=r"slices \[3\]; expected some of 0 to 2"):
        MAPS.plot(slices=[1, 3])
    with pytest.raises(ValueError, match="at least one name"):
        MAPS.plot([])


def test_an_examination_is_drawn_with_its_input_unless_that_only_fills_the_place():
    figure = EXAM.plot()
    assert len(figure.axes) == 4
    assert figure.axes[1].lines
    aif = replace(EXAM.aif, source="stand-in: parker, hct 0.42, onset 50.0 s")
    none = replace(EXAM, aif=aif).plot()
    assert not none.axes[1].lines
    assert "none was asked for" in none.axes[1].texts[0].get_text()


def test_a_fit_gives_back_the_curve_that_it_was_given_and_the_models():
    t, tissue, fit = fitted()
    curve = fit.curve(1)
    np.testing.assert_array_equal(curve.measured, tissue[1])
    np.testing.assert_allclose(curve.fitted, tissue[1], rtol=1e-4, atol=1e-5)
    np.testing.assert_array_equal(curve.t, t)


def test_a_fitted_curve_is_drawn_with_residuals_and_parameters():
    _, tissue, fit = fitted()
    upper, lower = fit.plot(0).axes
    np.testing.assert_array_equal(upper.lines[0].get_ydata(), tissue[0])
    assert len(lower.lines) == 2
    assert "ktrans 0.1" in upper.get_legend().get_texts()[2].get_text()


def test_curves_that_are_not_there_or_were_not_fitted_say_so():
    _, _, fit = fitted()
    with pytest.raises(IndexError, match=r"no curve 3; expected an index of a grid of \(3,\)"):
        fit.plot(3)
    with pytest.raises(IndexError, match="no curve"):
        fit.plot((0, 0))
    with pytest.raises(ValueError, match="was not fitted: a sample is NaN"):
        fit.plot(2)
    with pytest.raises(ValueError, match="does not hold its curves"):
        replace(fit, curves=None).curve(0)


def test_a_fit_with_its_curves_can_be_sent_to_another_process():
    _, tissue, fit = fitted()
    again = pickle.loads(pickle.dumps(fit.curves))
    np.testing.assert_array_equal(again.concentration, tissue)


def test_a_data_set_holds_every_map_with_unit_place_and_error():
    xarray = pytest.importorskip("xarray")
    dataset = MAPS.to_xarray()
    assert isinstance(dataset, xarray.Dataset)
    for name, values in MAPS.values.items():
        np.testing.assert_array_equal(dataset[name], values)
    assert dataset["ktrans"].attrs["units"] == "1/min"
    assert dataset["ve"].attrs["units"] == "1"
    assert {f"{name}_se" for name in MAPS.standard_error} <= set(dataset)
    np.testing.assert_allclose(dataset["z"], MAPS.affine[2, 3] + 5.0 * np.arange(3))
    assert dataset["x"].attrs["units"] == "mm"


def test_an_oblique_data_set_has_its_affine_and_no_positions():
    turned = MAPS.affine.copy()
    turned[:2, :2] = [[1.5, -1.5], [1.5, 1.5]]
    dataset = replace(MAPS, affine=turned).to_xarray()
    assert "x" not in dataset.coords
    np.testing.assert_array_equal(dataset.attrs["affine"], turned)


def test_a_region_is_a_row_for_each_quantity_with_its_statistics():
    inside = disc_truth()["inside"] & MAPS.valid
    table = MAPS.to_dataframe({"disc": inside})
    assert list(table["quantity"]) == list(MAPS.values)
    row = table[table["quantity"] == "ktrans"].iloc[0]
    values = MAPS["ktrans"][inside]
    assert row["valid"] == values.size
    assert row["mean"] == pytest.approx(values.mean(), rel=1e-6)
    assert row["median"] == pytest.approx(np.median(values), rel=1e-6)
    assert row["unit"] == "1/min"


def test_numbered_labels_are_the_regions_of_their_masks():
    labels = np.zeros(MAPS.valid.shape, dtype=np.uint8)
    labels[:9], labels[9:] = 1, 7
    numbered = MAPS.to_dataframe(labels)
    named = MAPS.to_dataframe({"left": labels == 1, "right": labels == 7})
    assert numbered.drop(columns="region").equals(named.drop(columns="region"))
    assert set(numbered["region"]) == {1, 7}


def test_without_labels_every_estimated_voxel_is_a_row():
    table = MAPS.to_dataframe()
    assert len(table) == MAPS.valid.sum()
    first = table.iloc[0]
    assert first["ktrans"] == MAPS["ktrans"][int(first["x"]), int(first["y"]), int(first["z"])]


@pytest.mark.parametrize(
    ("labels", "line"),
    [
        (np.zeros(disc_maps().valid.shape, dtype=int), "no region"),
        (np.full(disc_maps().valid.shape, 0.5), "labels hold fractions"),
        (np.ones((2, 2, 2), dtype=int), "the maps' grid"),
    ],
)
def test_labels_that_cannot_be_meant_are_refused(labels, line):
    with pytest.raises(ValueError, match=line):
        MAPS.to_dataframe(labels)


def test_a_missing_library_is_one_clear_line(monkeypatch):
    monkeypatch.setitem(sys.modules, "xarray", None)
    with pytest.raises(ImportError, match=r'pip install "gadmap\[notebook\]"'):
        MAPS.to_xarray()


def test_what_a_notebook_shows_is_small_closed_and_escaped():
    _, _, fit = fitted()
    shown = {
        "maps": (MAPS, "ktrans"),
        "exam": (EXAM, "auto: 2 voxels"),
        "series": (EXAM.series, "disc <&>"),
        "aif": (EXAM.aif, "auto: 2 voxels"),
        "fit": (fit, "2 of 3 curves fitted"),
    }
    for container, words in shown.values():
        html = container._repr_html_()
        assert words in closed(html)
        assert len(html) < 60_000
        assert "http" not in html


def test_containers_import_no_drawing_library():
    """So that the command line answers at once."""
    heavy = "{'matplotlib', 'pandas', 'xarray'}"
    code = f"import sys, gadmap.data; assert not {heavy} & sys.modules.keys()"
    subprocess.run([sys.executable, "-c", code], check=True)
