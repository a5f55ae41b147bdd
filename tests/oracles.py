"""Data distributions whose noise prediction and density are closed forms at every time of every SDE."""

import dataclasses

import jax
import jax.numpy as jnp

from sbgc.maths.sde import SDE


@jax.tree_util.register_dataclass
@dataclasses.dataclass(frozen=True)
class Mixture:
    """sum_k weight_k N(mean_k, std_k^2 I): log_weights [K], means [K, *shape], stds [K]. Its Jacobians are not diagonal."""

    log_weights: jax.Array
    means: jax.Array
    stds: jax.Array

    def at(self, sde: SDE, t):
        """The distribution of x(t): x(0) shrunk by alpha and blurred by sigma is a mixture again."""
        alpha, sigma = sde.alpha(t), sde.sigma(t)
        return Mixture(self.log_weights, alpha * self.means, jnp.sqrt((alpha * self.stds) ** 2 + sigma**2))

    def joint(self, x):
        """log (weight_k N(x; mean_k, std_k^2 I)), [K]."""
        squares = jnp.sum(((x[None] - self.means).reshape(len(self.stds), -1) / self.stds[:, None]) ** 2, axis=1)
        return self.log_weights - 0.5 * squares - x.size * (jnp.log(self.stds) + 0.5 * jnp.log(2.0 * jnp.pi))

    def log_prob(self, x):
        """In nats."""
        return jax.nn.logsumexp(self.joint(x))

    def score(self, x):
        """The gradient of log_prob: the pull towards each mean, averaged over the posterior of the component."""
        pull = jax.nn.softmax(self.joint(x)) / self.stds**2
        return jnp.tensordot(pull, self.means - x[None], axes=1)

    def sample(self, key, count: int):
        """[count, *shape]."""
        component_key, noise_key = jax.random.split(key)
        component = jax.random.categorical(component_key, self.log_weights, shape=(count,))
        noise = jax.random.normal(noise_key, (count, *self.means.shape[1:]), self.means.dtype)
        return self.means[component] + jax.vmap(jnp.multiply)(self.stds[component], noise)


@jax.tree_util.register_dataclass
@dataclasses.dataclass(frozen=True)
class Independent:
    """D coordinates, each with a one-dimensional mixture of its own: all Jacobians are diagonal.

    A Rademacher probe is then exact, whatever D. `each` is a Mixture whose arrays lead with the axis [D].
    """

    each: Mixture

    def at(self, sde: SDE, t):
        return Independent(jax.vmap(lambda one: one.at(sde, t))(self.each))

    def log_prob(self, x):
        return jnp.sum(jax.vmap(Mixture.log_prob)(self.each, x))

    def score(self, x):
        return jax.vmap(Mixture.score)(self.each, x)

    def sample(self, key, count: int):
        keys = jax.random.split(key, len(self.each.stds))
        return jax.vmap(lambda one, key: one.sample(key, count), out_axes=1)(self.each, keys)


def noise_prediction(data, sde: SDE):
    """eps_hat(x, t) = -sigma(t) grad log p_t(x): the minimizer of the denoising loss on this data."""
    return lambda x, t: -sde.sigma(t) * data.at(sde, t).score(x)


def gaussian(mean: float, std: float, dim: int) -> Mixture:
    """N(mean 1, std^2 I)."""
    return Mixture(jnp.zeros(1), jnp.full((1, dim), mean), jnp.full(1, std))


def bimodal(dim: int, seed: int = 0) -> Mixture:
    """Three blobs inside [-1, 1]^D of mean zero, of different weights and widths."""
    means = jax.random.uniform(jax.random.key(seed), (3, dim), minval=-0.8, maxval=0.8)
    weights = jnp.array([0.5, 0.3, 0.2])
    means = means - (weights @ means)[None]
    return Mixture(jnp.log(weights), means, jnp.array([0.1, 0.25, 0.4]))
