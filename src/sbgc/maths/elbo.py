"""The evidence lower bound of a diffusion model: log p from denoising errors alone, at one forward pass per sample.

It belongs to the reverse SDE of a score network (Song et al. 2021b, theorem 3; in terms of the log-SNR, Kingma et al.
2021, eq. 17). With x(t) drawn around the image z,

    E log p(x(t_min)) >= E log pi(x(1)) + D log(alpha(1) / alpha(t_min))
                         - 1/2 int g^2 / sigma^2 (E |eps_hat - eps|^2 - D) dt

with equality where the score is exact. This bounds the density of the SDE. The probability flow has a different
density. Times are drawn in proportion to g^2 / sigma^2, one from each of `samples` cells that have equal shares of that
weight.
"""

import math
from collections.abc import Callable

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from sbgc.maths import score_matching
from sbgc.maths.sde import SDE
from sbgc.types import Draw, Key, LogProb, Scalar

Point = Float[Array, "*shape"]
NoisePrediction = Callable[[Point, Scalar], Point]


def log_prob(sde: SDE, eps_hat: NoisePrediction, z: Point, key: Key, samples: int, draw: Draw = 0) -> LogProb:
    """An unbiased estimate of the bound in nats. One key gives every class the same times and the same noise."""
    time_key, noise_key = jax.random.split(jax.random.fold_in(key, draw))
    times = score_matching.importance_times(sde, score_matching.low_discrepancy(time_key, samples))

    def excess(sample: tuple[Scalar, Key]) -> Scalar:
        t, key = sample
        noise = jax.random.normal(key, z.shape, z.dtype)
        return jnp.sum((eps_hat(sde.alpha(t) * z + sde.sigma(t) * noise, t) - noise) ** 2) - z.size

    # One after the other: what fills a device are the classes and the images of a batch, which fits its memory so.
    errors = jax.lax.map(excess, (times, jax.random.split(noise_key, samples)))
    value = _ends(sde, z) - 0.5 * score_matching.total_weight(sde) * jnp.mean(errors)
    return LogProb(value, jnp.asarray(samples))


def _ends(sde: SDE, z: Point) -> Scalar:
    """E log pi(x(1)) + D log(alpha(1) / alpha(t_min)), both in closed form."""
    first, last = (jnp.asarray(t, z.dtype) for t in (sde.t_min, sde.t_max))
    std, square = sde.prior_std(), jnp.sum((sde.alpha(last) * z) ** 2) + z.size * sde.sigma(last) ** 2
    log_prior = -0.5 * square / std**2 - z.size * (math.log(std) + 0.5 * math.log(2.0 * math.pi))
    return log_prior + z.size * jnp.log(sde.alpha(last) / sde.alpha(first))
