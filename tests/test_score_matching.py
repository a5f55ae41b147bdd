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
CHOICES = [
    {"importance_sampling": sampled, "likelihood_weighting": weighted}
    for sampled, weighted in itertools.product((False, True), repeat=2)
]
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
@pytest.mark.parametrize("objective", CHOICES, ids=str)
def test_weighted_times_integrate_the_objective_whatever_they_are_drawn_from(sde, objective):
    times, weights = score_matching.sample_times(sde, jax.random.key(2), 4096, **objective)
    found = np.mean(np.asarray(weights, float) * expected_loss(sde, times))
    assert found == pytest.approx(integral(sde, objective["likelihood_weighting"]), rel=5e-3)


@EACH
@pytest.mark.parametrize("objective", CHOICES, ids=str)
def test_places_moved_to_both_sides_of_a_time_integrate_the_same_objective(sde, objective):
    uniform, begin = score_matching.low_discrepancy(jax.random.key(2), 4096), jnp.float32(0.3)
    border = score_matching.place_of(sde, begin, objective["importance_sampling"])
    places, shares = score_matching.on_both_sides(uniform, border, 1000)
    times, weights = score_matching.times_at(sde, places, **objective)
    assert float(times[:1000].max()) <= 0.3 * (1 + 1e-5)
    assert float(times[1000:].min()) >= 0.3 * (1 - 1e-5)
    found = np.mean(np.asarray(shares * weights, float) * expected_loss(sde, times))
    assert found == pytest.approx(integral(sde, objective["likelihood_weighting"]), rel=5e-3)


@EACH
def test_the_loss_estimates_each_objective_without_bias(sde):
    """Whatever the times are drawn from; within four standard errors, themselves below 2 %."""

    @jax.jit
    @jax.vmap
    def losses(key):
        data_key, time_key, noise_key = jax.random.split(key, 3)
        z = STD * jax.random.normal(data_key, (128, 2, 2, 1))
        drawn = (score_matching.sample_times(sde, time_key, 128, **objective) for objective in CHOICES)
        return jnp.stack([score_matching.loss(sde, linear, z, *times, noise_key) for times in drawn])

    found = np.asarray(losses(jax.random.split(jax.random.key(3), 256)), float)
    wanted = [integral(sde, objective["likelihood_weighting"]) for objective in CHOICES]
    standard_error = found.std(axis=0) / math.sqrt(256)
    assert (abs(found.mean(axis=0) - wanted) < 4 * standard_error).all()
    assert (standard_error < 0.02 * found.mean(axis=0)).all()


@pytest.mark.parametrize("name", ["vp", "sub_vp"])
def test_importance_sampling_makes_the_weighted_loss_less_noisy(name):
    sde = oracles.SDES[name]
    draw = jax.jit(
        lambda key: [
            score_matching.sample_times(sde, key, 16, importance_sampling=sampled, likelihood_weighting=True)
            for sampled in (False, True)
        ]
    )
    noise = []
    for seed in range(200):
        noise.append([np.mean(np.asarray(w, float) * expected_loss(sde, t)) for t, w in draw(jax.random.key(seed))])
    uniform, important = np.std(noise, axis=0)
    assert important < 0.1 * uniform


def test_the_geometric_schedule_is_its_own_importance_sampling():
    sde, key = oracles.SDES["ve"], jax.random.key(4)
    (times, weights), (same, ones) = (
        score_matching.sample_times(sde, key, 16, importance_sampling=sampled, likelihood_weighting=True)
        for sampled in (False, True)
    )
    np.testing.assert_allclose(times, same, atol=1e-6)
    np.testing.assert_allclose(weights, ones, rtol=1e-5)


def test_the_exact_noise_prediction_is_a_minimum_of_the_loss():
    """The derivative of the loss along a direction is zero within four standard errors, and positive beside it."""
    sde = SDES["vp"]
    data = oracles.mixture(3)
    exact = oracles.noise_prediction(data, sde)

    @jax.jit
    @jax.vmap
    def derivative(key, z):
        times, weights = score_matching.sample_times(sde, key, 256, importance_sampling=True, likelihood_weighting=True)

        def loss(size):
            def eps_hat(x, t):
                return jax.vmap(exact)(x, t) + size * jnp.sin(3.0 * x)

            return score_matching.loss(sde, eps_hat, z, times, weights, jax.random.fold_in(key, 1))

        return jax.vmap(jax.grad(loss))(jnp.array([0.0, 0.3]))

    z = data.sample(np.random.default_rng(0), 64 * 256).reshape(64, 256, 3)
    at_exact, beside = np.asarray(derivative(jax.random.split(jax.random.key(5), 64), z), float).T
    assert abs(at_exact.mean()) < 4 * at_exact.std() / 8
    assert beside.mean() > 20 * beside.std() / 8
