"""Figure 1: ours and the quoted numbers, apart."""

import figure_tables
import numpy as np
import pytest
from figure_reading import drawn, of_model, small_print


@pytest.fixture(scope="module")
def figure():
    return drawn("fig1_tradeoff")


def test_fig1_draws_the_test_split_with_its_intervals(figure):
    axes = figure.axes[0]
    test = figure_tables.metrics().query("evaluation == 'test'")
    for container, model in zip(axes.containers, ("score", "gaussian"), strict=True):
        rows = of_model(test, model).set_index("metric")
        accuracy, bits = rows.loc["accuracy"], rows.loc["bits_per_dim_marginal"]
        assert container.lines[0].get_xydata() == pytest.approx(np.array([[bits.value, 100 * accuracy.value]]))
        across, upright = (bar.get_segments()[0] for bar in container.lines[2])
        assert across[:, 0] == pytest.approx([bits.ci_low, bits.ci_high])
        assert upright[:, 1] == pytest.approx([100 * accuracy.ci_low, 100 * accuracy.ci_high])


def test_fig1_draws_a_model_without_density_as_a_line(figure):
    axes = figure.axes[0]
    lines = [line for line in axes.lines if list(line.get_xdata()) == [0, 1]]
    assert [line.get_ydata()[0] for line in lines] == pytest.approx([99.17])
    assert "WideResNet" in {text.get_text() for text in axes.texts}


def test_fig1_keeps_quoted_numbers_in_a_panel_of_their_own(figure):
    ours, theirs = figure.axes
    assert "CIFAR-10" in theirs.get_title()
    assert "SBGC Table 1" in theirs.get_title()
    assert "CIFAR-10" not in ours.get_title()
    points = {tuple(line.get_xydata()[0]) for line in theirs.lines if len(line.get_xdata()) == 1}
    assert points == {(4.34, 67.3), (3.53, 84.0), (5.25, 89.73), (3.11, 95.04)}


def test_fig1_marks_the_best_discriminative_and_the_best_generative_model_by_lines(figure):
    axes = figure.axes[1]
    whole = [line for line in axes.lines if list(line.get_xdata()) == [0, 1]]
    upright = [line for line in axes.lines if list(line.get_ydata()) == [0, 1]]
    assert [line.get_ydata()[0] for line in whole] == [99.5]
    assert [line.get_xdata()[0] for line in upright] == [2.49]


def test_fig1_names_cover_no_point(figure):
    for axes in figure.axes:
        points = [axes.transData.transform(line.get_xydata())[0] for line in axes.lines if len(line.get_xdata()) == 1]
        for text in axes.texts:
            assert not any(text.get_window_extent().contains(*point) for point in points), text.get_text()


def test_fig1_tells_why_quoted_rows_do_not_compare(figure):
    for row in figure_tables.quoted():
        assert row.get("note", "") in small_print(figure)
