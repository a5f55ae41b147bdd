import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import optax
from scipy.special import log_softmax

from sbgc.fitting import cross_entropy

KEY = jax.random.key(0)


class Linear(nn.Module):
    """Logits that are a linear map of z."""

    @nn.compact
    def __call__(self, z, train):
        return nn.Dense(3)(z.reshape(len(z), -1))


def trainer(consistency):
    return cross_entropy.trainer(Linear(), (2, 2, 1), 17, consistency, None, optax.sgd(0.1))


def log_posteriors(variables, x):
    dense = variables["params"]["Dense_0"]
    return log_softmax((2 * x / 17 - 1).reshape(*x.shape[:-3], -1) @ dense["kernel"] + dense["bias"], axis=-1)


def test_the_jensen_shannon_divergence_is_the_mean_of_relative_entropies_to_the_mean():
    p = np.array([[[0.5, 0.5], [0.9, 0.1], [0.2, 0.8]], [[0.3, 0.7]] * 3])
    mean = p.mean(axis=1, keepdims=True)
    expected = (p * np.log(p / mean)).sum(axis=2).mean(axis=1)
    np.testing.assert_allclose(cross_entropy.jensen_shannon(jnp.log(p) + 3.0), expected, atol=1e-6)


def test_the_loss_is_the_mean_cross_entropy_of_z():
    plain, x, labels = trainer(0.0), np.random.default_rng(1).uniform(0, 17, (5, 2, 2, 1)), np.arange(5) % 3
    variables = plain.init(KEY, jnp.asarray(x, jnp.float32), jnp.asarray(labels))
    value, state = plain.loss(variables, jnp.asarray(x, jnp.float32), jnp.asarray(labels), KEY)
    assert (plain.views, state) == (1, {})
    wanted = -log_posteriors(variables, x)[np.arange(5), labels].mean()
    np.testing.assert_allclose(value, wanted, rtol=1e-5)


def test_with_views_the_first_is_classified_and_the_weighted_divergence_is_added():
    consistent, x, labels = trainer(12.0), np.random.default_rng(1).uniform(0, 17, (5, 3, 2, 2, 1)), np.arange(5) % 3
    variables = consistent.init(KEY, jnp.asarray(x[:, 0], jnp.float32), jnp.asarray(labels))
    value, _ = consistent.loss(variables, jnp.asarray(x, jnp.float32), jnp.asarray(labels), KEY)
    log_p = log_posteriors(variables, x)
    mean = np.exp(log_p).mean(axis=1, keepdims=True)
    divergence = (np.exp(log_p) * (log_p - np.log(mean))).sum(axis=2).mean()
    assert consistent.views == 3
    np.testing.assert_allclose(value, 12.0 * divergence - log_p[np.arange(5), 0, labels].mean(), rtol=1e-5)
