"""Accuracy under attack: at its epsilon, beside the paper's."""

import figure_tables
import numpy as np
import pandas as pd
import pytest
from figure_reading import bars, drawn, of_model

from sbgc.artifacts import ArtifactError
from sbgc.figures import adversarial, style


@pytest.fixture(scope="module")
def figure():
    return drawn("adversarial")


def test_attacks_are_drawn_at_their_epsilon_with_intervals(figure):
    table = figure_tables.adversarial().query("attack == 'worst'")
    for axes, norm in zip(figure.axes, ("linf", "l2"), strict=True):
        for container, model in zip(axes.containers, figure_tables.KINDS, strict=True):
            rows = of_model(table[table.norm == norm], model)
            assert container.lines[0].get_xdata() == pytest.approx(rows.epsilon)
            assert container.lines[0].get_ydata() == pytest.approx(100 * rows.accuracy)
            assert bars(container) == pytest.approx(100 * rows[["ci_low", "ci_high"]].to_numpy())


def test_the_bounds_of_the_paper_are_dotted_lines(figure):
    for axes, bound in zip(figure.axes, (8 / 255, 0.5), strict=True):
        lines = [line for line in axes.lines if list(line.get_ydata()) == [0, 1]]
        assert [line.get_xdata()[0] for line in lines] == pytest.approx([bound])
        assert lines[0].get_linestyle() == ":"


def test_bars_of_different_models_lie_side_by_side(figure):
    axes = figure.axes[0]
    places = [container.lines[0].get_transform().transform([(0, 0)])[0, 0] for container in axes.containers]
    assert np.diff(places) == pytest.approx([style.DPI / 72 * adversarial.APART] * 2)


def test_bounds_that_double_have_room_and_each_is_named(figure):
    """On the square-root scale, four times the bound lies twice as far from 0."""
    table = figure_tables.adversarial()
    for axes, norm in zip(figure.axes, ("linf", "l2"), strict=True):
        bounds = sorted(table[table.norm == norm].epsilon.unique())
        assert axes.get_xticks() == pytest.approx(bounds)
        assert [float(tick.get_text()) for tick in axes.get_xticklabels()] == pytest.approx(bounds, rel=5e-3)
        zero, one, four = (axes.transData.transform((epsilon, 0))[0] for epsilon in (0.0, 0.04, 0.16))
        assert four - zero == pytest.approx(2 * (one - zero))
        assert axes.get_xlim()[0] < 0


def test_of_many_attacks_the_small_print_tells_the_number_alone():
    own = figure_tables.adversarial()
    many = [own[own.attack != "worst"].assign(attack=f"attack{number}") for number in range(6)]
    figure = adversarial.draw(pd.concat([own[own.attack == "worst"], *many]))
    assert any("The worst of 6 attacks," in text.get_text() for text in figure.texts)
    assert figure.get_figheight() == drawn("adversarial").get_figheight()  # models alone make it higher


def test_transferred_attacks_are_left_out():
    own = figure_tables.adversarial()
    transferred = own.assign(attacked="gaussian-seed0", accuracy=0.123)
    figure = adversarial.draw(pd.concat([own, transferred[transferred.model == "score"]]))
    assert 12.3 not in figure.axes[0].containers[0].lines[0].get_ydata()
    with pytest.raises(ArtifactError, match="no model is attacked itself"):
        adversarial.draw(transferred[transferred.model == "score"])


def test_the_bound_of_the_paper_is_shown_where_all_attacks_are_smaller():
    table = figure_tables.adversarial().query("norm == 'l2' and epsilon < 0.4")
    (axes,) = adversarial.draw(table).axes
    assert axes.get_xlim()[1] > 0.5


def test_a_curve_whose_checks_failed_has_open_markers_and_the_small_print_says_why():
    table = figure_tables.adversarial()
    doubtful = adversarial.draw(table.assign(unreliable=np.where(table.model == "score", "a check", "")))
    markers = [container.lines[0].get_markerfacecolor() for container in doubtful.axes[0].containers]
    assert [face == "white" for face in markers] == [True, False, False]
    assert any("no measure of robustness" in text.get_text() for text in doubtful.texts)
