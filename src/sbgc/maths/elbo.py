"""The evidence lower bound of a diffusion model: log p from denoising errors alone, at one forward pass per sample.

It belongs to the reverse SDE of a score network (Song et al. 2021b, theorem 3; in terms of the log-SNR, Kingma et al.
2021, eq. 17). With x(t) drawn around the image z,

    E log p(x(t_min)) >= E log pi(x(1)) + D log(alpha(1) / alpha(t_min))
                         - 1/2 int g^2 / sigma^2 (E |eps_hat - eps|^2 - D) dt

with equality where the score is exact. This bounds the density of the SDE. The probability flow has a different
density. The time is known by its place, the share of the integral of g^2 / sigma^2 that lies before it; with the VP SDE
places are uniform in log(sigma / alpha). Places are drawn uniformly, one from each of `samples` cells, or more densely
where a sample is noisier (importance sampling).
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
Cells = Float[Array, " cells"]

EVEN = 0.1  # of the samples are spread evenly, whatever the noise: none of them weighs more than ten times as much
TINY = 1e-30  # nats, for a network that does not tell classes apart yet: no cell is noisy, and samples are even


def log_prob(
    sde: SDE, eps_hat: NoisePrediction, z: Point, key: Key, samples: int, noise: Cells | None = None, draw: Draw = 0
) -> LogProb:
    """An unbiased estimate of the bound in nats. One key gives every class the same times and the same noise.

    noise: the standard deviation of what a sample in each of several equal ranges of the place adds, to a factor; None
    where samples are spread evenly.
    """
    time_key, noise_key = jax.random.split(jax.random.fold_in(key, draw))
    uniform = score_matching.low_discrepancy(time_key, samples)
    places, weights = (uniform, jnp.ones(samples)) if noise is None else spread(uniform, noise)

    def excess(sample: tuple[Scalar, Key]) -> Scalar:
        return denoising_error(sde, eps_hat, z, *sample) - z.size

    # One after the other: what fills a device are the classes and the images of a batch, which fits its memory so.
    errors = jax.lax.map(excess, (places, jax.random.split(noise_key, samples)))
    value = _ends(sde, z) - 0.5 * score_matching.total_weight(sde) * jnp.mean(weights * errors)
    return LogProb(value, jnp.asarray(samples))


def denoising_error(sde: SDE, eps_hat: NoisePrediction, z: Point, place: Scalar, key: Key) -> Scalar:
    """|eps_hat(alpha z + sigma eps, t) - eps|^2 for one eps, at the time of a place in [0, 1)."""
    t = score_matching.importance_times(sde, place)
    eps = jax.random.normal(key, z.shape, z.dtype)
    return jnp.sum((eps_hat(sde.alpha(t) * z + sde.sigma(t) * eps, t) - eps) ** 2)


def spread(uniform: Float[Array, " n"], noise: Cells) -> tuple[Float[Array, " n"], Float[Array, " n"]]:
    """Places made of uniform variables, with a density in proportion to `noise`, and one over that density.

    EVEN of the density is uniform. Such places have the smallest variance that importance sampling can reach.
    """
    cells = len(noise)
    positive = noise + TINY
    shares = EVEN / cells + (1.0 - EVEN) * positive / jnp.sum(positive)
    edges = jnp.concatenate([jnp.zeros(1, shares.dtype), jnp.cumsum(shares)])
    cell = jnp.clip(jnp.searchsorted(edges, uniform, side="right") - 1, 0, cells - 1)
    within = jnp.clip((uniform - edges[cell]) / shares[cell], 0.0, 1.0)
    return (cell.astype(within.dtype) + within) / cells, 1.0 / (cells * shares[cell])


def _ends(sde: SDE, z: Point) -> Scalar:
    """E log pi(x(1)) + D log(alpha(1) / alpha(t_min)), both in closed form."""
    first, last = (jnp.asarray(t, z.dtype) for t in (sde.t_min, sde.t_max))
    std, square = sde.prior_std(), jnp.sum((sde.alpha(last) * z) ** 2) + z.size * sde.sigma(last) ** 2
    log_prior = -0.5 * square / std**2 - z.size * (math.log(std) + 0.5 * math.log(2.0 * math.pi))
    return log_prior + z.size * jnp.log(sde.alpha(last) / sde.alpha(first))
