"""Figure 1: ours and the quoted numbers, apart."""

import itertools
import os
import subprocess
import sys
from pathlib import Path

import figure_tables
import numpy as np
import pandas as pd
import pytest
from figure_reading import drawn, of_model, small_print

from sbgc.figures import fig1_tradeoff


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
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["WideResNet: 99.17 %"]


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


def many_models():
    """The tests' models, and three more score models close to the first."""
    table = figure_tables.metrics()
    score = of_model(table, "score")
    more = [score.assign(model=f"score_v{place}", value=score.value * (1 + 0.002 * place)) for place in (1, 2, 3)]
    return pd.concat([table, *more], ignore_index=True)


@pytest.mark.parametrize("metrics", [figure_tables.metrics, many_models])
def test_fig1_names_cover_no_point_and_no_name(metrics):
    for axes in fig1_tradeoff.draw(metrics(), figure_tables.quoted()).axes:
        boxes = [text.get_window_extent() for text in axes.texts]
        assert boxes  # a legend in their place would have nothing to cover
        for a, b in itertools.combinations(boxes, 2):
            assert min(a.x1, b.x1) <= max(a.x0, b.x0) + 1 or min(a.y1, b.y1) <= max(a.y0, b.y0) + 1
        points = [axes.transData.transform(line.get_xydata())[0] for line in axes.lines if len(line.get_xdata()) == 1]
        for text in axes.texts:
            assert not any(text.get_window_extent().contains(*point) for point in points), text.get_text()


def test_fig1_tells_why_quoted_rows_do_not_compare(figure):
    for row in figure_tables.quoted():
        assert row.get("note", "") in small_print(figure)


def test_fig1_without_a_density_has_no_axis_of_likelihoods():
    table = of_model(figure_tables.metrics(), "wide_resnet")
    ours, _ = fig1_tradeoff.draw(table, figure_tables.quoted()).axes
    assert list(ours.get_xticks()) == []
    assert ours.get_xlabel() == "No model here has a likelihood"


def test_fig1_is_the_same_in_another_process(tmp_path):
    """Names are placed in a number of steps, not within a time."""
    program = (
        "import figure_tables; from sbgc.figures import fig1_tradeoff, style; import sys; "
        "style.write(fig1_tradeoff.draw(figure_tables.metrics(), figure_tables.quoted()), sys.argv[1])"
    )
    for seed in ("1", "2"):
        path = os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")])
        environment = os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": path}
        subprocess.run([sys.executable, "-c", program, str(tmp_path / f"{seed}.pdf")], check=True, env=environment)
    assert (tmp_path / "1.pdf").read_bytes() == (tmp_path / "2.pdf").read_bytes()


def test_of_many_models_a_legend_holds_the_names_and_no_two_look_alike():
    metrics = figure_tables.metrics()
    further = [metrics[metrics.model == "gaussian"].assign(model=f"gaussian_{n}") for n in range(6)]
    figure = fig1_tradeoff.draw(pd.concat([metrics, *further]), figure_tables.quoted())
    (legend,) = figure.legends
    names = [text.get_text() for text in legend.get_texts()]
    assert {f"Gaussian ({n})" for n in range(6)} < set(names)
    looks = [(one.get_color(), one.get_marker()) for one in figure.axes[0].lines if one.get_marker() not in ("|", "_")]
    assert len(looks) == len(set(looks))
    assert not figure.axes[0].texts


def test_fig1_draws_a_model_without_classes_as_an_upright_line():
    table = figure_tables.metrics()
    marginal = table.metric.eq("bits_per_dim_marginal") & table.evaluation.eq("test")
    flow = table[table.model.eq("gaussian") & marginal].assign(model="beta_0", kind="ib_inn", value=1.5)
    axes = fig1_tradeoff.draw(pd.concat([table, flow], ignore_index=True), figure_tables.quoted()).axes[0]
    assert [line.get_xdata()[0] for line in axes.lines if list(line.get_ydata()) == [0, 1]] == [1.5]
    assert "beta_0: 1.50 bits/dim" in [text.get_text() for text in axes.get_legend().get_texts()]
