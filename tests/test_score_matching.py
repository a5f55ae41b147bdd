import dataclasses
import itertools
import math

import jax
import jax.numpy as jnp
import numpy as np
import oracles
import pytest
from scipy.stats import kstest

from sbgc.maths import score_matching

pytestmark = pytest.mark.usefixtures("strict")
# Cut where a few thousand uniform times still see the steep weight at the data's side.
SDES = {name: dataclasses.replace(sde, t_min=0.02) for name, sde in oracles.SDES.items()}
EACH = pytest.mark.parametrize("sde", SDES.values(), ids=SDES)
OBJECTIVES = pytest.mark.parametrize(
    "objective",
    [
        {"importance_sampling": sampled, "likelihood_weighting": weighted}
        for sampled, weighted in itertools.product((False, True), repeat=2)
    ],
    ids=lambda choice: "-".join(name for name, chosen in choice.items() if chosen) or "plain",
)
STD, SLOPE = 0.6, 0.4


def linear(x, t):
    """A noise prediction that is wrong for every data."""
    return SLOPE * x


def expected_loss(sde, t):
    """E (a x - eps)^2 of x = alpha z + sigma eps and z ~ N(0, STD^2), per dimension."""
    alpha, sigma = np.asarray(sde.alpha(t), float), np.asarray(sde.sigma(t), float)
    return SLOPE**2 * (alpha**2 * STD**2 + sigma**2) - 2 * SLOPE * sigma + 1


def integral(sde, likelihood_weighting):
    """The objective by quadrature: the mean of expected_loss over t, weighted by g^2 / sigma^2 or not."""
    t = jnp.linspace(sde.t_min, sde.t_max, 20_001)
    weight = np.asarray((sde.diffusion(t) / sde.sigma(t)) ** 2, float) if likelihood_weighting else np.ones(len(t))
    return np.trapezoid(weight * expected_loss(sde, t), t) / np.trapezoid(weight, t)


@pytest.mark.parametrize("count", [1, 7, 128])
def test_low_discrepancy_times_fall_one_in_each_cell(count):
    uniform = np.asarray(score_matching.low_discrepancy(jax.random.key(0), count))
    np.testing.assert_array_equal(np.sort(np.floor(uniform * count)), np.arange(count))


def test_each_low_discrepancy_time_is_uniform():
    draw = jax.jit(jax.vmap(lambda key: score_matching.low_discrepancy(key, 5)))
    for column in np.asarray(draw(jax.random.split(jax.random.key(1), 2000))).T:
        assert kstest(column, "uniform").pvalue > 1e-3


@EACH
def test_importance_times_have_the_density_of_the_likelihood_weight(sde):
    """A share u of the weight's integral lies before the time of u."""
    uniform = jnp.linspace(0.0, 1.0, 9)
    times = np.asarray(score_matching.importance_times(sde, uniform), float)
    assert (times[0], times[-1]) == (pytest.approx(sde.t_min, rel=1e-5), pytest.approx(1.0, rel=1e-5))
    t = jnp.linspace(sde.t_min, sde.t_max, 20_001)
    weight = np.asarray((sde.diffusion(t) / sde.sigma(t)) ** 2, float)
    share = np.append(0.0, np.cumsum((weight[1:] + weight[:-1]) / 2)) / weight[:-1].sum()
    np.testing.assert_allclose(np.interp(times, t, share), uniform, atol=2e-3)


@EACH
@OBJECTIVES
def test_weighted_times_integrate_the_objective_whatever_they_are_drawn_from(sde, objective):
    times, weights = score_matching.sample_times(sde, jax.random.key(2), 4096, **objective)
    found = np.mean(np.asarray(weights, float) * expected_loss(sde, times))
    assert found == pytest.approx(integral(sde, objective["likelihood_weighting"]), rel=5e-3)


@EACH
@OBJECTIVES
def test_the_loss_estimates_the_objective_without_bias(sde, objective):
    @jax.jit
    @jax.vmap
    def losses(key):
        data_key, time_key, noise_key = jax.random.split(key, 3)
        z = STD * jax.random.normal(data_key, (128, 2, 2, 1))
        times, weights = score_matching.sample_times(sde, time_key, 128, **objective)
        return score_matching.loss(sde, linear, z, times, weights, noise_key)

    found = np.asarray(losses(jax.random.split(jax.random.key(3), 256)), float)
    error = found.mean() - integral(sde, objective["likelihood_weighting"])
    assert abs(error) < 4 * found.std() / math.sqrt(256)
    assert found.std() / math.sqrt(256) < 0.02 * found.mean()


@EACH
def test_importance_sampling_makes_the_weighted_loss_less_noisy(sde):
    @jax.jit
    @jax.vmap
    def losses(key):
        z = STD * jax.random.normal(key, (16, 4))
        both = (
            score_matching.sample_times(sde, key, 16, importance_sampling=sampled, likelihood_weighting=True)
            for sampled in (False, True)
        )
        return jnp.stack([score_matching.loss(sde, linear, z, *times, key) for times in both])

    uniform, important = np.asarray(losses(jax.random.split(jax.random.key(4), 256))).std(axis=0)
    assert important < (0.5 if isinstance(sde, oracles.VPSDE | oracles.SubVPSDE) else 1.01) * uniform


@EACH
def test_the_exact_noise_prediction_is_a_minimum_of_the_loss(sde):
    """At fixed noise and times, the derivative of the loss along any direction is zero within four standard errors."""
    data = oracles.mixture(3)
    exact = oracles.noise_prediction(data, sde)

    @jax.jit
    @jax.vmap
    def derivative(key):
        z = data.sample(key, 256)
        times, weights = score_matching.sample_times(sde, key, 256, importance_sampling=True, likelihood_weighting=True)

        def loss(size):
            def eps_hat(x, t):
                return jax.vmap(exact)(x, t) + size * jnp.sin(3.0 * x)

            return score_matching.loss(sde, eps_hat, z, times, weights, jax.random.fold_in(key, 1))

        return jax.grad(loss)(0.0), jax.grad(loss)(0.3)

    at_exact, beside = (np.asarray(slopes, float) for slopes in derivative(jax.random.split(jax.random.key(5), 64)))
    assert abs(at_exact.mean()) < 4 * at_exact.std() / 8
    assert beside.mean() > 20 * beside.std() / 8
