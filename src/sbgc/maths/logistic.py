"""Logistic distributions of grey levels: the likelihood of PixelCNN++ (Salimans et al. 2017, section 2.1).

Grey levels 0..L-1 are bins of a logistic distribution on [-1, 1], where level k has the center 2 k / (L - 1) - 1. The
first and the last bin reach to infinity, so that the probabilities of all levels add up to 1. Arguments broadcast.
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

Values = Float[Array, "..."]
SMALLEST_LOG_SCALE = -7.0  # a quarter of half a bin of 256 levels, as in the published code of Salimans et al.


def centers(grey: Values, levels: int) -> Values:
    """Grey levels on [-1, 1]."""
    return grey * (2.0 / (levels - 1)) - 1.0


def log_probability(grey: Values, mean: Values, log_scale: Values, levels: int) -> Values:
    """log P(k) in nats of the grey level k, under a logistic distribution of this mean and scale.

    P(k) = s((k + 1/2)') - s((k - 1/2)'), s the sigmoid, with edges in units of the scale. With a = the upper edge and
    b = the lower one it is (1 - e^(b - a)) s(a) s(-b), whose logarithm keeps its digits far from the mean: a - b is the
    width of a bin, whatever the mean.
    """
    inverse = jnp.exp(-jnp.maximum(log_scale, SMALLEST_LOG_SCALE))
    offset, half = centers(grey, levels) - mean, 1.0 / (levels - 1)
    upper, lower = inverse * (offset + half), inverse * (offset - half)
    below, above = jax.nn.log_sigmoid(upper), jax.nn.log_sigmoid(-lower)
    inside = jnp.log(-jnp.expm1(-2.0 * half * inverse)) + below + above
    return jnp.where(grey < 0.5, below, jnp.where(grey > levels - 1.5, above, inside))


def sample(mean: Values, log_scale: Values, levels: int, uniform: Values) -> Values:
    """Grey levels 0..L-1, of uniform random numbers on (0, 1)."""
    scale = jnp.exp(jnp.maximum(log_scale, SMALLEST_LOG_SCALE))
    drawn = mean + scale * (jnp.log(uniform) - jnp.log1p(-uniform))
    return jnp.clip(jnp.round((drawn + 1.0) * (0.5 * (levels - 1))), 0.0, levels - 1.0)
