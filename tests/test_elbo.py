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


def estimates(process, eps_hat, z, samples=SAMPLES):
    keys = jax.random.split(jax.random.key(0), REPEATS)
    of_key = jax.jit(jax.vmap(lambda key: elbo.log_prob(process, eps_hat, z, key, samples).value))
    return np.asarray(of_key(keys), float)


def density_at_t_min(process, data, z):
    """E log p(x(t_min)) over the noise that the bound adds to the image, and its standard error."""
    t = jnp.asarray(process.t_min)
    noise = jax.random.normal(jax.random.key(1), (100_000, *z.shape))
    values = jax.vmap(data.at(process, t).log_prob)(process.alpha(t) * z[None] + process.sigma(t) * noise)
    return float(values.mean()), float(values.std()) / math.sqrt(len(noise))


@EACH
@pytest.mark.parametrize("make", [partial(oracles.gaussian, 0.0, 0.5), oracles.mixture], ids=["gaussian", "mixture"])
def test_with_the_exact_score_the_bound_is_the_density(process, make):
    data = make(2)
    z = jnp.asarray(data.sample(np.random.default_rng(2), 1)[0])
    found = estimates(process, oracles.noise_prediction(data, process), z)
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
