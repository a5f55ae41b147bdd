import numpy as np
import pytest
from scipy import integrate

from sbgc.maths import counterexample_size
from sbgc.maths.counterexample import Counterexample

SMALL = Counterexample(6, 0.5, 0.2, 0.05)


def integral(of, found):
    """Over R^d of a function of both classes' densities, by the radius."""
    edges = [0.0, 1.0, 1.0 + found.width, 2.0, 3.0]

    def shell(radius):
        sides = [[np.exp(m.log_density(np.array([radius])))[0] for m in side] for side in (found.data, found.model)]
        return found.dimension * radius ** (found.dimension - 1) * of(*sides)

    return sum(integrate.quad(shell, a + 1e-12, b - 1e-12)[0] for a, b in zip(edges[:-1], edges[1:], strict=True))


def relative_entropy(first, second):
    """KL of joint densities with even classes, at one point."""
    return sum(0.5 * a * np.log(a / b) for a, b in zip(first, second, strict=True) if a > 0.0)


def test_the_divergences_are_those_of_the_densities():
    """Against quadrature over the radius."""
    assert SMALL.kl_of_data() == pytest.approx(integral(relative_entropy, SMALL), rel=1e-8)
    assert SMALL.kl_of_model() == pytest.approx(integral(lambda p, q: relative_entropy(q, p), SMALL), rel=1e-8)


@pytest.mark.parametrize("dimension", [6, 3000])
def test_the_divergences_are_means_over_samples(dimension):
    """Of log p - log q, within four standard errors; lambda_1 is large, so that the ball is seen."""
    found = Counterexample(dimension, 0.3, 0.3, 0.1)
    for estimate, wanted in zip(
        found.sampled_kls(np.random.default_rng(2), 1000), (found.kl_of_data(), found.kl_of_model()), strict=True
    ):
        assert estimate.value == pytest.approx(wanted, abs=4.0 * estimate.std_error + 1e-12)


def test_inside_the_ball_both_sides_are_as_sure_as_lemma_1_says():
    data, model = SMALL.confidence()
    densities = [[np.exp(m.log_density(np.array([0.5])))[0] for m in side] for side in (SMALL.data, SMALL.model)]
    assert data == pytest.approx(densities[0][0] / sum(densities[0]), rel=1e-12)
    assert data == pytest.approx(0.2 / 0.25)
    assert 1.0 - model == pytest.approx(densities[1][0] / sum(densities[1]), rel=1e-12)
    assert 1.0 - model == pytest.approx(1.0 / (1.0 + 0.05 * 1.5**6))


@pytest.mark.parametrize(("epsilon", "delta", "width"), [(1e-2, 0.01, 0.9), (0.1, 1e-4, 0.5), (1e-3, 0.3, 0.02)])
def test_the_attack_meets_conditions_1_to_5_on_samples(epsilon, delta, width):
    dimension = counterexample_size.smallest_dimension(epsilon, delta, width)
    found = Counterexample.weakest(dimension, width, delta)
    rates = found.attack(np.random.default_rng(0), 3000, 1.0 - delta)
    assert rates.attackable == pytest.approx(0.5 * (1.0 - found.data_ball), abs=0.04)
    assert rates.attackable > 1 / 3
    assert rates[1:] == (1.0, 1.0, 1.0)


def test_against_a_model_that_knows_the_ball_the_attack_changes_nothing():
    """Where lambda_2 is far below (1 + Delta)^-d, the model is sure of class 0 inside the ball as well."""
    rates = Counterexample(10, 0.1, 0.3, 1e-6).attack(np.random.default_rng(0), 500, 0.99)
    assert rates.flipped == 0.0


def test_no_ball_of_a_radius_below_1_holds_much_of_the_data_in_high_dimensions():
    """Condition 6, against the share of samples in balls around points of the data."""
    found = Counterexample(12, 0.9, 0.2, 0.1)
    random = np.random.default_rng(3)
    points = np.concatenate([mixture.sample(random, 4000) for mixture in found.data])
    centers = np.concatenate([np.zeros((1, 12)), points[random.permutation(len(points))[:50]]])
    shares = [np.mean(np.linalg.norm(points - center, axis=1) < 0.9) for center in centers]
    assert max(shares) <= found.largest_ball(0.9) + 4.0 * (0.25 / len(points)) ** 0.5
    assert [Counterexample(d, 0.9, 1e-3, 1e-4).largest_ball(0.9) < 1e-4 for d in (5, 100)] == [False, True]
    assert found.largest_ball(3.0) == pytest.approx(1.0)


def test_the_total_variation_is_that_of_the_density_and_grows_with_the_dimension():
    """Condition 7 does not hold: areas of spheres shrink, but densities grow as fast, and d more.

    In one dimension against the jumps of p on the line, each at two points.
    """
    line = Counterexample(1, 0.5, 0.2, 0.05)
    at = [0.99, 1.01, 1.49, 1.51, 1.99, 2.01, 2.99, 3.01]
    density = 0.5 * sum(np.exp(mixture.log_density(np.array(at))) for mixture in line.data)
    jumps = np.abs(np.diff(np.concatenate([density]))[::2]).sum()
    assert line.total_variation() == pytest.approx(jumps, rel=1e-6)
    values = [Counterexample.weakest(d, 0.5, 0.01).total_variation() for d in (100, 1000, 10_000)]
    np.testing.assert_allclose(np.diff(np.log10(values)), 1.0, atol=0.01)
