"""Figure 2 of Mackowiak et al.: losses and what they are worth, by beta."""

import math

import figure_tables
import numpy as np
import pytest
from figure_reading import check_texts, drawn, small_print

from sbgc.artifacts import ArtifactError
from sbgc.figures import beta_tradeoff

ORDER = ["beta_1", "beta_4", "beta_32", "beta_infinity"]


@pytest.fixture(scope="module")
def figure():
    return drawn("beta_tradeoff")


def values(model, metric):
    table = figure_tables.betas()[0].query(f"evaluation == 'test' and model == '{model}' and metric == '{metric}'")
    return table[["value", "ci_low", "ci_high"]].to_numpy()[0]


def test_the_points_of_both_panels_are_the_betas_in_their_order(figure):
    losses, qualities = figure.axes
    bits = np.array([values(model, "bits_per_dim_marginal")[0] for model in ORDER])
    constant = math.log(17) + 0.5 * math.log(2 * math.pi)
    wanted = [math.log(2) * bits - constant, [values(model, "posterior_nll")[0] for model in ORDER]]
    np.testing.assert_allclose(losses.containers[0].lines[0].get_xydata().T, wanted, rtol=1e-6)
    wanted = [bits, [100 * values(model, "accuracy")[0] for model in ORDER]]
    np.testing.assert_allclose(qualities.containers[0].lines[0].get_xydata().T, wanted, rtol=1e-6)
    across = qualities.containers[0].lines[2][0].get_segments()[0]
    np.testing.assert_allclose(across[:, 0], values("beta_1", "bits_per_dim_marginal")[1:])


def test_beta_0_is_an_upright_line_and_a_classifier_a_level_one(figure):
    constant = math.log(17) + 0.5 * math.log(2 * math.pi)
    for axes, across, level in zip(figure.axes, (math.log(2) * 2.4 - constant, 2.4), (0.05, 99.17), strict=True):
        assert [line.get_xdata()[0] for line in axes.lines if list(line.get_ydata()) == [0, 1]] == [
            pytest.approx(across)
        ]
        assert [line.get_ydata()[0] for line in axes.lines if list(line.get_xdata()) == [0, 1]] == [
            pytest.approx(level)
        ]


def test_every_point_has_its_beta_beside_it_and_other_densities_are_in_the_legend(figure):
    for axes in figure.axes:
        assert [text.get_text() for text in axes.texts if text.get_text()] == ["1", "4", "32", "∞"]
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    assert set(legend) == {"WideResNet", "IB-INN", "Score model", "Gaussian"}
    assert "beta = 0, which learns no class" in small_print(figure)
    check_texts(figure)


def test_a_model_without_rows_is_named():
    metrics, known = figure_tables.betas()
    with pytest.raises(ArtifactError, match="^metrics table: no rows of beta_64$"):
        beta_tradeoff.draw(metrics, known | {"beta_64": known["beta_1"]})
