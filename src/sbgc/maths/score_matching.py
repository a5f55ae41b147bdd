"""Denoising score matching with likelihood weighting.

The bound on -log p in Song et al. 2021b, "Maximum likelihood training of score-based diffusion models", weights
|eps_hat - eps|^2 by g^2 / sigma^2. When t is drawn in proportion to that weight, the loss becomes a plain mean. It is
the same loss with a far smaller variance. The cumulative weight of each of the three SDEs has a closed-form inverse.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from sbgc.maths.sde import SDE
from sbgc.types import Key, Scalar

Batch = Float[Array, "batch *shape"]
Times = Float[Array, " batch"]
NoisePrediction = Callable[[Batch, Times], Batch]


def low_discrepancy(key: Key, count: int) -> Times:
    """(u + i / n) mod 1: each value is uniform, and each of n cells holds one (Kingma et al. 2021, appendix I)."""
    return (jax.random.uniform(key) + jnp.arange(count) / count) % 1.0


def total_weight(sde: SDE) -> Scalar:
    """Z, the integral of g^2 / sigma^2 from t_min to 1."""
    ends = sde.importance(jnp.array([sde.t_min, sde.t_max]))
    return ends[1] - ends[0]


def importance_times(sde: SDE, uniform: Float[Array, "*some"]) -> Float[Array, "*some"]:
    """Times of density (g^2 / sigma^2) / Z, made from uniform variables."""
    start = sde.importance(jnp.asarray(sde.t_min, uniform.dtype))
    return jnp.clip(sde.importance_time(start + uniform * total_weight(sde)), sde.t_min, sde.t_max)


def sample_times(
    sde: SDE, key: Key, count: int, importance_sampling: bool, likelihood_weighting: bool
) -> tuple[Times, Times]:
    """Low-discrepancy times with their weights (`times_at`)."""
    return times_at(sde, low_discrepancy(key, count), importance_sampling, likelihood_weighting)


def times_at(sde: SDE, places: Times, importance_sampling: bool, likelihood_weighting: bool) -> tuple[Times, Times]:
    """The times at uniform places, each with its weight: the wanted density of t over that which it is drawn from.

    The wanted density is (g^2 / sigma^2) / Z with likelihood weighting, and uniform without it. `importance_sampling`
    says which of these two densities the times are drawn from.
    """
    span = sde.t_max - sde.t_min
    times = importance_times(sde, places) if importance_sampling else sde.t_min + places * span
    if importance_sampling == likelihood_weighting:
        return times, jnp.ones_like(times)
    relative = sde.diffusion(times) ** 2 / sde.sigma(times) ** 2 * span / total_weight(sde)
    return times, relative if likelihood_weighting else 1.0 / relative


def place_of(sde: SDE, time: Scalar, importance_sampling: bool) -> Scalar:
    """The place in [0, 1] at which `times_at` finds a time."""
    if importance_sampling:
        start = sde.importance(jnp.asarray(sde.t_min, time.dtype))
        return (sde.importance(time) - start) / total_weight(sde)
    return (time - sde.t_min) / (sde.t_max - sde.t_min)


def on_both_sides(places: Times, border: Scalar, below: int) -> tuple[Times, Times]:
    """Low-discrepancy places, moved so that the first `below` of them lie below a border, and their weights.

    The weights are the density of uniform places over that of these.
    """
    count, first = len(places), jnp.arange(len(places)) < below
    within = jnp.where(first, jnp.sort(places) * count / below, (jnp.sort(places) * count - below) / (count - below))
    moved = jnp.where(first, border * within, border + (1.0 - border) * within)
    return moved, jnp.where(first, border * count / below, (1.0 - border) * count / (count - below))


def loss(sde: SDE, eps_hat: NoisePrediction, z: Batch, times: Times, weights: Times, key: Key) -> Scalar:
    """The weighted mean over images and dimensions of (eps_hat(alpha z + sigma eps, t) - eps)^2."""
    noise = jax.random.normal(key, z.shape, z.dtype)
    column = times.reshape(-1, *[1] * (z.ndim - 1))
    error = eps_hat(sde.alpha(column) * z + sde.sigma(column) * noise, times) - noise
    return jnp.mean(weights * jnp.mean(error.reshape(len(z), -1) ** 2, axis=1))
