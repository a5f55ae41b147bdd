"""Data distributions whose noise prediction and density are closed forms at every time of every SDE."""

import dataclasses
import math

import jax
import jax.numpy as jnp
import numpy as np

from sbgc.maths.sde import SDE, VESDE, VPSDE, SubVPSDE, prior_log_prob

SDES = {"vp": VPSDE(0.1, 20.0, 1e-5), "sub_vp": SubVPSDE(0.1, 20.0, 1e-2), "ve": VESDE(0.01, 50.0, 1e-5)}


@jax.tree_util.register_dataclass
@dataclasses.dataclass(frozen=True)
class Mixture:
    """sum_k weight_k N(mean_k, std_k^2 I): log_weights [K], means [K, *shape], stds [K]; its Jacobians are full."""

    log_weights: jax.Array
    means: jax.Array
    stds: jax.Array

    def at(self, sde: SDE, t):
        """The distribution of x(t): x(0) shrunk by alpha and blurred by sigma is a mixture again."""
        alpha, sigma = sde.alpha(t), sde.sigma(t)
        return Mixture(self.log_weights, alpha * self.means, jnp.sqrt((alpha * self.stds) ** 2 + sigma**2))

    def joint(self, x):
        """log (weight_k N(x; mean_k, std_k^2 I)), [K]."""
        squares = jnp.sum((x[None] - self.means).reshape(len(self.stds), -1) ** 2, axis=1) / self.stds**2
        return self.log_weights - 0.5 * squares - x.size * (jnp.log(self.stds) + 0.5 * math.log(2.0 * math.pi))

    def log_prob(self, x):
        """In nats."""
        return jax.nn.logsumexp(self.joint(x))

    def score(self, x):
        """The gradient of log_prob: the pull towards each mean, averaged over the posterior of the component."""
        pull = jax.nn.softmax(self.joint(x)) / self.stds**2
        return jnp.tensordot(pull, self.means - x[None], axes=1)

    def sample(self, rng: np.random.Generator, count: int):
        """[count, *shape]."""
        means, stds = np.asarray(self.means), np.asarray(self.stds)
        component = rng.choice(len(stds), count, p=_shares(self.log_weights))
        noise = rng.normal(size=(count, *means.shape[1:]))
        return (means[component] + stds[component].reshape(-1, *[1] * (means.ndim - 1)) * noise).astype(means.dtype)


@jax.tree_util.register_dataclass
@dataclasses.dataclass(frozen=True)
class Independent:
    """D coordinates, each with a mixture of its own: every Jacobian is diagonal, and one Rademacher probe is exact.

    `each` is a Mixture whose arrays lead with the axis [D].
    """

    each: Mixture

    def at(self, sde: SDE, t):
        """As Mixture.at."""
        return Independent(jax.vmap(lambda one: one.at(sde, t))(self.each))

    def log_prob(self, x):
        """As Mixture.log_prob."""
        return jnp.sum(jax.vmap(Mixture.log_prob)(self.each, x))

    def score(self, x):
        """As Mixture.score."""
        return jax.vmap(Mixture.score)(self.each, x)

    def sample(self, rng: np.random.Generator, count: int):
        """As Mixture.sample."""
        columns = [np.asarray(column) for column in (self.each.log_weights, self.each.means, self.each.stds)]
        return np.stack([Mixture(*row).sample(rng, count) for row in zip(*columns, strict=True)], axis=1)


def _shares(log_weights) -> np.ndarray:
    weights = np.exp(np.asarray(log_weights, float))
    return weights / weights.sum()


def gaussian(mean: float, std: float, *shape: int) -> Mixture:
    """N(mean, std^2 I), as three equal blobs: what is compiled for `mixture` serves it too."""
    return Mixture(jnp.full(3, -math.log(3.0)), jnp.full((3, *shape), mean), jnp.full(3, std))


def mixture(*shape: int, seed: int = 0) -> Mixture:
    """Three blobs inside the cube, of mean zero, of different weights and widths."""
    weights = np.array([0.5, 0.3, 0.2])
    means = np.random.default_rng(seed).uniform(-0.8, 0.8, (3, *shape))
    centered = means - np.tensordot(weights, means, axes=1)
    return Mixture(jnp.asarray(np.log(weights)), jnp.asarray(centered), jnp.array([0.1, 0.25, 0.4]))


def independent(dim: int, *marginals: Mixture) -> Independent:
    """Coordinates that take turns among the given mixtures of one scalar."""
    turns = jnp.arange(dim) % len(marginals)
    return Independent(jax.tree.map(lambda *columns: jnp.stack(columns)[turns], *marginals))


def noise_prediction(data, sde: SDE):
    """eps_hat(x, t) = -sigma(t) grad log p_t(x): the minimizer of the denoising loss on this data."""
    return lambda x, t: -sde.sigma(t) * data.at(sde, t).score(x)


def flow_of_gaussian(sde: SDE, mean: float, std: float, x):
    """log p(x) in nats of the probability flow of N(mean, std^2 I), whose map from x(t_min) to x(1) is affine.

    Apart from p(x(t_min)) it also knows that the model takes x(1) to be N(0, prior_std^2 I), which it is not quite.
    """
    ends = jnp.array([sde.t_min, sde.t_max])
    alpha, spread = sde.alpha(ends), jnp.sqrt((sde.alpha(ends) * std) ** 2 + sde.sigma(ends) ** 2)
    end = alpha[1] * mean + spread[1] / spread[0] * (x - alpha[0] * mean)
    return prior_log_prob(sde, end) + x.size * jnp.log(spread[1] / spread[0])
