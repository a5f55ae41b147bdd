import math
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import oracles
import pytest

from sbgc.maths import elbo

pytestmark = pytest.mark.usefixtures("strict")
EACH = pytest.mark.parametrize("process", oracles.SDES.values(), ids=oracles.SDES)
REPEATS, SAMPLES = 4000, 16


NOISE = jnp.array([0.0, 3.0, 1.0, 0.5, 0.0])


def estimates(process, eps_hat, z, samples=SAMPLES, noise=None):
    keys = jax.random.split(jax.random.key(0), REPEATS)
    of_key = jax.jit(jax.vmap(lambda key: elbo.log_prob(process, eps_hat, z, key, samples, noise).value))
    return np.asarray(of_key(keys), float)


def density_at_t_min(process, data, z):
    """E log p(x(t_min)) over the noise that the bound adds to the image, and its standard error."""
    t = jnp.asarray(process.t_min)
    noise = jax.random.normal(jax.random.key(1), (100_000, *z.shape))
    values = jax.vmap(data.at(process, t).log_prob)(process.alpha(t) * z[None] + process.sigma(t) * noise)
    return float(values.mean()), float(values.std()) / math.sqrt(len(noise))


@pytest.mark.parametrize("noise", [None, NOISE], ids=["even", "calibrated"])
@EACH
@pytest.mark.parametrize("make", [partial(oracles.gaussian, 0.0, 0.5), oracles.mixture], ids=["gaussian", "mixture"])
def test_with_the_exact_score_the_bound_is_the_density(process, make, noise):
    data = make(2)
    z = jnp.asarray(data.sample(np.random.default_rng(2), 1)[0])
    found = estimates(process, oracles.noise_prediction(data, process), z, noise=noise)
    wanted, error = density_at_t_min(process, data, z)
    # The model takes x(1) to be the prior, which costs up to a few thousandths of a nat.
    assert abs(found.mean() - wanted) < 4 * math.hypot(found.std() / math.sqrt(REPEATS), error) + 5e-3


def test_a_wrong_score_lowers_the_bound():
    process, data = oracles.SDES["vp"], oracles.mixture(2)
    exact = oracles.noise_prediction(data, process)
    z = jnp.asarray(data.sample(np.random.default_rng(2), 1)[0])
    right, wrong = (estimates(process, lambda x, t, c=c: exact(x, t) + c, z) for c in (0.0, 0.2))
    # |eps_hat - eps|^2 grows by c^2 a dimension on average, c being independent of the noise; 23.864 weighs the times.
    lost = 0.5 * 23.864 * 2 * 0.2**2
    error = 4 * math.hypot(right.std(), wrong.std()) / math.sqrt(REPEATS)
    assert right.mean() - wrong.mean() == pytest.approx(lost, abs=error + 0.5)


def test_more_samples_average_and_cost_one_evaluation_each():
    process, data = oracles.SDES["vp"], oracles.mixture(2)
    eps_hat, z = oracles.noise_prediction(data, process), jnp.zeros(2)
    few, many = (estimates(process, eps_hat, z, samples) for samples in (4, 64))
    assert many.std() < few.std() / 3
    assert int(elbo.log_prob(process, eps_hat, z, jax.random.key(0), 64).nfe) == 64


def test_places_have_the_density_of_the_noise_and_a_floor_and_carry_its_inverse():
    count = 100_000
    uniform = jnp.asarray((np.arange(count) + 0.5) / count, jnp.float32)
    places, weights = map(np.asarray, elbo.spread(uniform, NOISE))
    density = np.asarray(0.1 + 0.9 * NOISE / NOISE.sum() * 5.0)
    found, _ = np.histogram(places, 5, (0, 1), density=True)
    np.testing.assert_allclose(found, density, rtol=1e-3)
    np.testing.assert_allclose(weights, 1 / density[np.minimum((places * 5).astype(int), 4)], rtol=1e-3)
    assert float(weights.max()) == pytest.approx(10.0)
    assert float(np.mean(weights * np.exp(places))) == pytest.approx(math.e - 1, rel=1e-4)


def test_samples_where_they_are_noisiest_make_a_bound_of_less_variance():
    process, data = oracles.SDES["vp"], oracles.mixture(2)
    exact = oracles.noise_prediction(data, process)

    def eps_hat(x, t):
        """Wrong by much in a tenth of the places."""
        place = (process.importance(t) - process.importance(jnp.asarray(process.t_min))) / 23.864
        return exact(x, t) + jnp.where((place > 0.4) & (place < 0.5), 4.0, 0.0)

    z, noise = jnp.zeros(2), jnp.full(10, 0.05).at[4].set(1.0)
    even, fitted = (estimates(process, eps_hat, z, noise=one) for one in (None, noise))
    assert fitted.std() < even.std() / 1.5
    assert abs(fitted.mean() - even.mean()) < 4 * math.hypot(fitted.std(), even.std()) / math.sqrt(REPEATS)


def test_where_no_cell_is_noisy_places_are_even():
    uniform = jnp.linspace(0.0, 0.99, 50)
    places, weights = elbo.spread(uniform, jnp.zeros(5))
    np.testing.assert_allclose(places, uniform, atol=1e-6)
    np.testing.assert_allclose(weights, 1.0, rtol=1e-6)
