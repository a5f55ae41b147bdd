"""The figure of attacks on other models: its numbers are those of the table."""

import figure_tables
import numpy as np
import pandas as pd
import pytest
from figure_reading import check_texts, drawn, small_print
from matplotlib.colors import to_rgb

from sbgc.artifacts import ArtifactError
from sbgc.figures import transfers


def grid(axes):
    """By row and column of a panel, what is written in it, from top to bottom."""
    found = {}
    for text in sorted(axes.texts, key=lambda text: text.get_position()[1]):
        column, row = text.get_position()
        found.setdefault((round(row), round(column)), []).append(text.get_text())
    return found


@pytest.fixture(scope="module")
def figure():
    return drawn("transfers")


def test_a_cell_is_the_accuracy_of_its_row_under_attacks_on_its_column_with_the_interval(figure):
    table = figure_tables.transfers().set_index(["norm", "model", "attacked"])
    for axes, norm in zip(figure.axes, ("linf", "l2"), strict=False):
        cells = grid(axes)
        assert len(cells) == 9
        for (row, column), told in cells.items():
            one = table.loc[norm, figure_tables.KINDS[row], f"{figure_tables.KINDS[column]}-seed0"]
            assert told == [f"{100 * one.accuracy:.0f}", f"[{100 * one.ci_low:.0f}, {100 * one.ci_high:.0f}]"]
            assert axes.images[0].get_array()[row, column] == pytest.approx(100 * one.accuracy)


def test_the_panels_name_their_norm_and_bound_and_frame_the_white_box_cells(figure):
    assert [axes.get_title() for axes in figure.axes[:2]] == [
        r"$\ell_\infty$ attacks, ε = 0.125",
        r"$\ell_2$ attacks, ε = 1",
    ]
    for axes in figure.axes[:2]:
        centers = [tuple(np.round(patch.get_center(), 6)) for patch in axes.patches]
        assert centers == [(0, 0), (1, 1), (2, 2)]


def luminance(color):
    """Of a color in sRGB, relative to white (WCAG 2)."""
    channels = np.array(to_rgb(color))
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


@pytest.mark.parametrize("accuracy", [0.0, 0.46, 0.48, 1.0])
def test_every_number_can_be_read_on_the_color_of_its_cell(accuracy):
    """By a contrast of at least 4.5, as WCAG 2 wants it of small letters."""
    axes = transfers.draw(figure_tables.transfers().assign(accuracy=accuracy)).axes[0]
    cell = luminance(axes.images[0].to_rgba(100.0 * accuracy)[:3])
    for text in axes.texts:
        low, high = sorted([luminance(text.get_color()), cell])
        assert (high + 0.05) / (low + 0.05) >= 4.5


def many(models):
    """A table of so many models."""
    one = figure_tables.transfers().query("model == 'score' and attacked == 'score-seed0'")
    names = [f"base_{number}" for number in range(models)]
    pairs = [one.assign(model=a, attacked=f"{b}-seed0") for a in names for b in names]
    return pd.concat(pairs, ignore_index=True)


@pytest.mark.parametrize(("models", "intervals"), [(2, True), (8, True), (14, False)])
def test_many_models_have_panels_below_each_other_and_then_no_intervals(models, intervals):
    figure = transfers.draw(many(models))
    check_texts(figure)
    assert all(len(told) == 1 + intervals for told in grid(figure.axes[0]).values())
    assert ("confidence interval" in small_print(figure)) == intervals


def test_of_several_trainings_the_first_is_shown_and_named():
    other = figure_tables.transfers().assign(seed=1, accuracy=0.99)
    other["attacked"] = other["attacked"].str.replace("seed0", "seed1")
    figure = transfers.draw(pd.concat([figure_tables.transfers(), other]))
    assert grid(figure.axes[0]) == grid(drawn("transfers").axes[0])
    assert "seed 0, the first of 2 trainings" in small_print(figure)


def test_a_model_that_has_not_judged_the_attacks_on_another_is_one_line():
    table = figure_tables.transfers().query("model != 'score' or attacked != 'gaussian-seed0'")
    with pytest.raises(ArtifactError, match="^transfers table: score does not judge the attacks on gaussian$"):
        transfers.draw(table)
