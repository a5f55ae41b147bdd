"""ROC curves: a panel for each set of outliers and one for all corruptions."""

import figure_tables
import numpy as np
import pandas as pd
import pytest
from figure_reading import drawn, small_print
from matplotlib.colors import to_rgb

from sbgc.figures import roc_curves
from sbgc.kinds import KINDS

AREAS, CURVES = figure_tables.outliers()


@pytest.fixture(scope="module")
def figure():
    return drawn("roc_curves")


def test_a_panel_is_a_set_of_outliers_and_all_corruptions_share_one(figure):
    titles = [axes.get_title() for axes in figure.axes]
    assert titles == ["Main corruptions", "Shuffled", "Photographs"]


def test_a_line_is_the_typicality_test_of_a_model(figure):
    rows = CURVES.query("model == 'gaussian' and set == 'shuffled' and method == 'typicality'")
    line = next(line for line in figure.axes[1].lines if line.get_label() == "Gaussian")
    assert line.get_xdata() == pytest.approx(100 * rows.false_positive_rate)
    assert line.get_ydata() == pytest.approx(100 * rows.detected)


def test_the_largest_and_the_smallest_area_stand_above_with_their_intervals(figure):
    best = AREAS.query("model == 'gaussian' and set == 'shuffled' and method == 'typicality'").iloc[0]
    (text,) = figure.axes[1].texts
    ends = f"[{100 * best.ci_low:.0f}, {100 * best.ci_high:.0f}]"
    assert text.get_text().splitlines()[0] == f"Gaussian {100 * best.auroc:.0f} {ends}"
    assert text.get_text().splitlines()[1].startswith("Score model ")


def test_where_no_model_is_better_than_another_none_is_named(figure):
    (text,) = figure.axes[0].texts
    assert text.get_text() == "all: 50 [45, 55]"


def test_models_of_one_kind_are_shades_of_its_color():
    more = [
        table.assign(model="score_deep") for table in (AREAS[AREAS.model == "score"], CURVES[CURVES.model == "score"])
    ]
    both = [pd.concat(pair, ignore_index=True) for pair in zip((AREAS, CURVES), more, strict=True)]
    lines = {line.get_label(): line.get_color() for line in roc_curves.draw(*both).axes[0].lines}
    of_kind = np.array(to_rgb(KINDS["score"].color))
    assert lines["Score model"] == pytest.approx(0.4 * of_kind)
    assert lines["Score model (deep)"] == pytest.approx(0.4 * of_kind + 0.6)


def test_the_small_print_says_how_many_images_are_compared(figure):
    text = small_print(figure)
    assert "360 clean images, 1 draw each; typical is what 180 training images are like" in text
    assert "shuffled 100" in text
