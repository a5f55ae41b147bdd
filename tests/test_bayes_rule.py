import jax
import jax.numpy as jnp
import numpy as np

from sbgc.maths import bayes_rule
from sbgc.types import LogProb


class Spherical:
    """p(x|y) = N(y, I)."""

    num_classes = 3

    def log_prob(self, x, y, key, draw=0):
        return LogProb(-0.5 * jnp.sum((x - y) ** 2), jnp.asarray(1))


def test_a_density_is_a_classifier_by_bayes_rule():
    prior = jnp.log(jnp.array([0.2, 0.3, 0.5]))
    x, key = jnp.full((1, 1, 1), 1.5), jax.random.key(0)
    logits = bayes_rule.as_classifier(Spherical(), prior).logits(x, key)
    expected = -0.5 * (1.5 - np.arange(3)) ** 2 + np.asarray(prior)
    np.testing.assert_allclose(np.diff(logits), np.diff(expected), rtol=1e-5)


def test_the_prior_is_uniform_where_none_is_given():
    np.testing.assert_allclose(bayes_rule.as_classifier(Spherical()).log_prior, np.log(np.full(3, 1 / 3)), rtol=1e-6)
