"""Figure 3: the bars are what the paper's are."""

import figure_tables
import matplotlib.colors
import numpy as np
import pandas as pd
import pytest
from figure_reading import bars, drawn

from sbgc.artifacts import ArtifactError
from sbgc.figures import fig3_convergence, style


@pytest.fixture(scope="module")
def figure():
    return drawn("fig3_convergence")


def test_fig3_bars_are_two_deviations_and_one_standard_error(figure):
    left, right = figure.axes
    table = figure_tables.convergence()
    mean, sd = 100 * table.accuracy_mean, 100 * table.accuracy_sd
    assert bars(left.containers[0]) == pytest.approx(np.stack([mean - 2 * sd, mean + 2 * sd], axis=1))
    for container, which, color in zip(right.containers, ("correct", "wrong"), ("black", style.ORANGE), strict=True):
        value, error = table[f"log_prob_{which}_nats"], table[f"log_prob_{which}_sem_nats"]
        expected = np.stack([value - error, value + error], axis=1)
        assert container.lines[0].get_ydata() == pytest.approx(value)
        assert bars(container) == pytest.approx(expected, nan_ok=True)
        assert matplotlib.colors.same_color(container.lines[0].get_color(), color)


def test_fig3_leaves_out_models_without_likelihood():
    classifier = figure_tables.convergence().assign(
        model="wide_resnet", kind="wide_resnet", log_prob_correct_nats=np.nan
    )
    figure = fig3_convergence.draw(pd.concat([figure_tables.convergence(), classifier]))
    assert [axes.get_title() for axes in figure.axes] == ["Score model: accuracy", "Score model: log-likelihood"]
    with pytest.raises(ArtifactError, match="no model with a likelihood"):
        fig3_convergence.draw(classifier)


def test_fig3_bars_of_accuracies_end_at_0_and_100_percent():
    for mean in (0.01, 0.99):
        table = figure_tables.convergence().assign(accuracy_mean=mean, accuracy_sd=0.05)
        left, _ = fig3_convergence.draw(table).axes
        ends = bars(left.containers[0])
        assert ends.min() == pytest.approx(max(0, 100 * mean - 10), abs=1e-9)
        assert ends.max() == pytest.approx(min(100, 100 * mean + 10))
        low, high = left.get_ylim()
        assert low > -1
        assert high < 101


def test_an_axis_of_accuracies_ends_at_a_hundred_percent():
    sure = figure_tables.convergence().assign(accuracy_mean=1.0, accuracy_sd=0.02)
    left, _ = fig3_convergence.draw(sure).axes
    assert 100 < left.get_ylim()[1] < 100.5
