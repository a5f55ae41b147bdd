import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from sbgc.maths import logistic

LEVELS = 9
GREY = np.arange(LEVELS, dtype=float)


@pytest.mark.parametrize(("mean", "log_scale"), [(0.0, -1.0), (-1.3, 0.5), (0.9, -3.0), (0.1, -6.9)])
def test_probabilities_are_those_of_bins_of_a_logistic_distribution_and_add_up_to_1(mean, log_scale):
    """Against scipy's distribution function at the edges of the bins."""
    edges = np.concatenate([[-np.inf], (GREY[:-1] + 0.5) * 2.0 / (LEVELS - 1) - 1.0, [np.inf]])
    wanted = np.diff(stats.logistic.cdf(edges, mean, np.exp(log_scale)))
    with jax.enable_x64(True):
        found = np.exp(logistic.log_probability(jnp.asarray(GREY), jnp.asarray(mean), jnp.asarray(log_scale), LEVELS))
    np.testing.assert_allclose(found, wanted, rtol=1e-6, atol=1e-15)
    assert found.sum() == pytest.approx(1.0, abs=1e-12)


def test_far_from_the_mean_nothing_is_lost_and_gradients_stay_finite():
    """Where probabilities leave the range of float32, their logarithm falls linearly, as that of a logistic density."""

    def log_p(mean):
        return logistic.log_probability(jnp.float32(4.0), mean, jnp.float32(-6.0), LEVELS)

    values = [float(log_p(jnp.float32(mean))) for mean in (2.0, 3.0)]
    assert values[0] - values[1] == pytest.approx(np.exp(6.0), rel=1e-4)
    assert np.isfinite(jax.grad(log_p)(jnp.float32(3.0)))
    extreme = logistic.log_probability(jnp.float32(4.0), jnp.float32(0.0), jnp.float32(-50.0), LEVELS)
    assert float(extreme) == pytest.approx(0.0, abs=1e-6)


def test_samples_have_these_probabilities():
    uniform = jnp.asarray((np.arange(20_000) + 0.5) / 20_000, jnp.float32)
    drawn = np.asarray(logistic.sample(jnp.float32(0.2), jnp.float32(-1.0), LEVELS, uniform))
    wanted = np.exp(
        logistic.log_probability(jnp.asarray(GREY, jnp.float32), jnp.float32(0.2), jnp.float32(-1.0), LEVELS)
    )
    np.testing.assert_allclose(np.bincount(drawn.astype(int), minlength=LEVELS) / 20_000, wanted, atol=1e-3)
