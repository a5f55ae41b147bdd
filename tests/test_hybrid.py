import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.special import log_softmax

from sbgc.maths import hybrid

RANDOM = np.random.default_rng(0)
LOG_PROBS, LOGITS, LABELS = RANDOM.normal(-50.0, 5.0, (4, 3)), RANDOM.normal(size=(4, 3)), np.array([0, 2, 1, 1])


@pytest.mark.parametrize("weight", [0.0, 1.0, 1000.0])
def test_the_loss_is_nats_per_dimension_and_weighted_cross_entropy_of_the_logits(weight):
    """Equation 6 by NumPy."""
    given = jnp.asarray(LOG_PROBS, jnp.float32), jnp.asarray(LOGITS, jnp.float32), jnp.asarray(LABELS)
    rows = np.arange(4)
    wanted = -LOG_PROBS[rows, LABELS].mean() / 16 - weight * log_softmax(LOGITS, axis=1)[rows, LABELS].mean()
    np.testing.assert_allclose(hybrid.loss(*given, 16, weight), wanted, rtol=1e-5)


def test_logits_that_carry_no_weight_have_no_gradient():
    given = jnp.asarray(LOG_PROBS, jnp.float32), jnp.asarray(LABELS)
    gradient = jax.grad(lambda logits: hybrid.loss(given[0], logits, given[1], 16, 0.0))(jnp.asarray(LOGITS))
    np.testing.assert_array_equal(gradient, 0.0)
