import math

import jax
import jax.numpy as jnp
import numpy as np
import oracles
import pytest
from scipy.stats import multivariate_normal

from sbgc.maths import sde as sdes
from sbgc.maths.score_matching import total_weight

pytestmark = pytest.mark.usefixtures("strict")
EACH = pytest.mark.parametrize("sde", oracles.SDES.values(), ids=oracles.SDES)


@pytest.fixture(autouse=True)
def double_precision():
    with jax.enable_x64(True):
        yield


def times(sde, count=40):
    return jnp.geomspace(sde.t_min, sde.t_max, count)


def slope(function, t):
    return jax.vmap(jax.grad(function))(t)


@EACH
def test_the_mean_shrinks_at_the_rate_of_the_drift(sde):
    """d E x / dt = f E x."""
    t = times(sde)
    np.testing.assert_allclose(slope(lambda t: jnp.log(sde.alpha(t)), t), sde.drift_rate(t), rtol=1e-9)


@EACH
def test_the_variance_grows_by_the_drift_and_the_diffusion(sde):
    """d Var x / dt = 2 f Var x + g^2."""
    t = times(sde)
    growth = slope(lambda t: sde.sigma(t) ** 2, t)
    np.testing.assert_allclose(growth, 2 * sde.drift_rate(t) * sde.sigma(t) ** 2 + sde.diffusion(t) ** 2, rtol=1e-9)


@pytest.mark.parametrize(("name", "noise"), [("vp", 0.0), ("sub_vp", 0.0), ("ve", 0.01)])
def test_at_time_zero_stands_the_image(name, noise):
    sde, zero = oracles.SDES[name], jnp.zeros(())
    assert (float(sde.alpha(zero)), float(sde.sigma(zero))) == (1.0, noise)


@EACH
def test_at_time_one_stands_the_prior(sde):
    """Within the variance that a pixel of the cube [-1, 1) still adds."""
    one = jnp.ones(())
    assert float(sde.sigma(one)) == pytest.approx(sde.prior_std(), rel=1e-4)
    assert float(sde.alpha(one)) < 0.021 * sde.prior_std()


@EACH
def test_a_mixture_that_diffuses_obeys_the_fokker_planck_equation(sde):
    """d log p / dt = -div f - f . s + g^2 / 2 (div s + |s|^2), s the score: ties the oracles to all coefficients."""

    @jax.jit
    def both_sides(t, x0, noise):
        data = oracles.mixture(2)
        x = sde.alpha(t) * x0 + sde.sigma(t) * noise
        score = data.at(sde, t).score(x)
        divergence = jnp.trace(jax.jacfwd(data.at(sde, t).score)(x))
        drift = -sde.drift_rate(t) * (2.0 + x @ score)
        wanted = drift + 0.5 * sde.diffusion(t) ** 2 * (divergence + score @ score)
        found = jax.grad(lambda t: data.at(sde, t).log_prob(x))(t)
        return (found, wanted), (score, jax.grad(data.at(sde, t).log_prob)(x))

    rng = np.random.default_rng(0)
    for t, x0 in zip(times(sde, 7), oracles.mixture(2).sample(rng, 7), strict=True):
        equation, scores = both_sides(t, x0, rng.normal(size=2))
        np.testing.assert_allclose(*equation, rtol=1e-7, atol=1e-7)
        np.testing.assert_allclose(*scores, rtol=1e-9)


@EACH
def test_time_of_inverts_a_noise_ratio_that_grows(sde):
    t = times(sde)
    ratio = sdes.noise_ratio(sde, t)
    assert (jnp.diff(ratio) > 0).all()
    np.testing.assert_allclose(sde.time_of(ratio), t, rtol=1e-9)


@EACH
def test_importance_grows_by_the_likelihood_weight(sde):
    """Song et al. 2021b: F' = g^2 / sigma^2."""
    t = times(sde)
    np.testing.assert_allclose(slope(sde.importance, t), (sde.diffusion(t) / sde.sigma(t)) ** 2, rtol=1e-9)


@EACH
def test_importance_time_inverts_importance(sde):
    t = times(sde)
    np.testing.assert_allclose(sde.importance_time(sde.importance(t)), t, rtol=1e-9)


@pytest.mark.parametrize(("name", "weight"), [("vp", 23.864), ("sub_vp", 22.484), ("ve", 2 * math.log(5000.0))])
def test_the_total_weight_is_the_known_one(name, weight):
    assert float(total_weight(oracles.SDES[name])) == pytest.approx(weight, abs=5e-4)


@EACH
def test_single_precision_keeps_its_digits_down_to_t_min(sde):
    """1 - exp(-B) at t = 1e-5, written so, has none left."""
    exact = np.geomspace(sde.t_min, sde.t_max, 40)
    single, double = jnp.asarray(exact, jnp.float32), jnp.asarray(exact)
    for function in (sde.alpha, sde.sigma, sde.diffusion, lambda t: sdes.noise_ratio(sde, t)):
        np.testing.assert_allclose(function(single), function(double), rtol=3e-6)
    for there, back in ((lambda t: sdes.noise_ratio(sde, t), sde.time_of), (sde.importance, sde.importance_time)):
        rounded = there(double).astype(jnp.float32)
        np.testing.assert_allclose(back(rounded), back(rounded.astype(jnp.float64)), rtol=3e-6, atol=3e-7)


@EACH
def test_the_prior_is_a_centered_normal(sde):
    x = np.random.default_rng(0).normal(size=(2, 3, 1))
    wanted = multivariate_normal.logpdf(x.ravel(), np.zeros(6), sde.prior_std() ** 2 * np.eye(6))
    assert float(sdes.prior_log_prob(sde, jnp.asarray(x))) == pytest.approx(wanted, rel=1e-12)


def test_settings_name_the_three_processes():
    linear = {"beta_min": 0.1, "beta_max": 20.0}
    assert sdes.from_settings({"name": "vp", "t_min": 1e-5, **linear}) == oracles.SDES["vp"]
    assert sdes.from_settings({"name": "sub_vp", "t_min": 1e-2, **linear}) == oracles.SDES["sub_vp"]
    exploding = {"name": "ve", "sigma_min": 0.01, "sigma_max": 50.0, "t_min": 1e-5}
    assert sdes.from_settings(exploding) == oracles.SDES["ve"]
