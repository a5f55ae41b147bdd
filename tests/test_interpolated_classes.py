"""The figure of what lies between two images: likelihood above, both classes below."""

import figure_tables
import pytest
from figure_reading import drawn, of_model

from sbgc.figures import interpolated_classes


@pytest.fixture(scope="module")
def figure():
    return drawn("interpolated_classes")


def test_eligible_pairs_are_drawn_with_both_classes_in_percent_and_their_intervals(figure):
    table, paths = figure_tables.interpolated()
    table = table[table.pairs == "eligible"]
    for number, model in enumerate(("score", "gaussian")):
        upper, lower = figure.axes[number], figure.axes[2 + number]
        rows = of_model(table, model)
        assert upper.lines[0].get_xydata() == pytest.approx(rows[["t", "log_prob_mean_nats"]].to_numpy())
        for line, band, end in zip(lower.lines, lower.collections, "ab", strict=True):
            assert line.get_xydata()[:, 1] == pytest.approx(100 * rows[f"posterior_{end}_mean"].to_numpy())
            box = band.get_paths()[0].get_extents()
            low, high = rows[f"posterior_{end}_ci_low"].min(), rows[f"posterior_{end}_ci_high"].max()
            assert (box.y0, box.y1) == pytest.approx((100 * low, 100 * high))
        assert "5 % [1, 22] of 22" in upper.get_title()
    assert paths.eligible_pairs.tolist() == [22, 22]


def test_the_small_print_says_which_pairs_and_which_threshold(figure):
    text = " ".join(figure.get_supxlabel().split())
    for part in ("24 pairs", "that 100 % of test images pass", "95 % confidence intervals over pairs"):
        assert part in text


def test_a_model_without_an_eligible_pair_shows_all_and_says_so():
    table, paths = figure_tables.interpolated()
    keep = (table.model != "score") | (table.pairs == "all")
    paths = paths.assign(eligible_pairs=[0, 22], whole_path_accepted=[float("nan"), 0.05])
    axes = interpolated_classes.draw(table[keep], paths).axes[0]
    assert "no eligible pair" in axes.get_title()
    assert len(axes.lines[0].get_xydata()) == 24
