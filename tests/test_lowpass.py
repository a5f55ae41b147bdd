import figure_tables
import numpy as np
import pandas as pd
import pytest
from figure_reading import drawn

from sbgc.artifacts import ArtifactError
from sbgc.figures import lowpass


def test_low_pass_filters_are_those_that_lose_high_frequencies_most_first():
    """The made-up spectra fall by exp(-length of the name x severity x frequency / 4), and rise for noises."""
    found = lowpass.low_pass(figure_tables.spectra())
    others = {kind for kind in figure_tables.CORRUPTIONS if not kind.endswith("noise")}
    assert set(found) == others
    assert [len(kind) for kind in found] == sorted(map(len, others), reverse=True)


@pytest.mark.parametrize("ratio", [0.01, 0.5])
def test_what_takes_the_same_from_all_frequencies_is_no_low_pass_filter(ratio):
    """As lower contrast does, however much it takes."""
    table = figure_tables.spectra()
    table.loc[table.corruption == "contrast", "ratio"] = ratio
    found = lowpass.low_pass(table)
    assert "contrast" in figure_tables.CORRUPTIONS
    assert "contrast" not in found[: lowpass.SHOWN]


def test_where_nothing_is_a_low_pass_filter_the_figure_is_drawn_all_the_same():
    table = figure_tables.spectra()
    table = table[table.corruption.str.endswith("noise")]
    corruptions = figure_tables.corruptions()
    figure = lowpass.draw(corruptions[corruptions.corruption.isin(["clean", *table.corruption])], table)
    assert set(lowpass.low_pass(table)) == set(table.corruption)
    assert len(figure.axes[-1].lines) == 1 + table.corruption.nunique()


def test_each_density_has_a_panel_and_a_classifier_none():
    titles = [axes.get_title() for axes in drawn("lowpass").axes]
    assert titles == ["Score model", "Gaussian", "Severity 5"]


def test_points_are_the_tables_changes_and_accuracies():
    table = figure_tables.corruptions()
    kind = lowpass.low_pass(figure_tables.spectra())[0]
    rows = table[(table.model == "score") & (table.corruption == kind)].sort_values("severity")
    axes = drawn("lowpass").axes[0]
    marks = [collection.get_offsets() for collection in axes.collections if len(collection.get_offsets()) == 5]
    expected = np.column_stack([rows.log_prob_change_nats, 100 * rows.accuracy])
    assert any(np.allclose(offsets, expected) for offsets in marks)


def test_the_shade_begins_at_the_clean_images():
    for axes in drawn("lowpass").axes[:2]:
        spans = [patch for patch in axes.patches if patch.get_facecolor()[0] > 0.9]
        assert spans[0].get_x() == 0.0
        assert axes.get_xlim()[0] < 0 < axes.get_xlim()[1]


@pytest.mark.parametrize(
    ("tables", "line"),
    [
        ((figure_tables.corruptions(), figure_tables.spectra().drop(columns="ratio")), "spectra table: lacks ratio"),
        (
            (figure_tables.corruptions().assign(log_prob_change_nats=np.nan), figure_tables.spectra()),
            "corruptions table: no model with a likelihood",
        ),
    ],
)
def test_what_cannot_be_drawn_is_refused_in_one_line(tables, line):
    with pytest.raises(ArtifactError, match=f"^{line}"):
        lowpass.draw(*tables)


def test_a_density_without_classes_has_no_panel():
    table = figure_tables.corruptions()
    unnamed = table[table.model == "score"].assign(model="flow", accuracy=np.nan)
    found = lowpass.draw(pd.concat([unnamed, table], ignore_index=True), figure_tables.spectra())
    assert [axes.get_title() for axes in found.axes] == ["Score model", "Gaussian", "Severity 5"]
