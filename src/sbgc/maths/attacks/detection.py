"""Two goals at once: an image that is misclassified, and that a detector accepts by its log p(x) (acceptance.Band)."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from sbgc.maths.acceptance import Band
from sbgc.types import Scalar

REFUSED = 1e30  # nats
Slope = Float[Array, " chosen"]


def log_marginal(scores: Float[Array, "*images chosen"], num_classes: int) -> Float[Array, "*images"]:
    """log p(x) = logsumexp_y log p(x|y) - log C in nats, where only the strongest classes may be scored.

    Those left out add at most the log of the number of all classes over that of the scored ones, where all are alike.
    """
    return jax.nn.logsumexp(scores, axis=-1) - jnp.log(num_classes)


def excess(accepted: Band, log_prob: Float[Array, "*images"]) -> Float[Array, "*images"]:
    """By how many nats log p(x) is outside of what is accepted; at most 0 where it passes.

    For a test of the likelihood its positive part is the loss of detection max(0, -log p(x) - T) of Fetaya et al.
    2020, section 4.3, and for one of typicality the same of the distance from the mean. A log p(x) that is not finite,
    as where a density overflows far from all images, passes no test: its excess is REFUSED.
    """
    outside = jnp.maximum(accepted.low - log_prob, log_prob - accepted.high)
    return jnp.where(jnp.isfinite(log_prob), outside, REFUSED)


def accepted_margin(margin: Float[Array, "*images"], outside: Float[Array, "*images"]) -> Float[Array, "*images"]:
    """The margin where the detector accepts the image; else something negative, the more so the further it is away.

    A margin that is not a number, of an image whose log p(x) is not finite, does not count.
    """
    return jnp.where(outside <= 0.0, margin, jnp.fmin(margin, -outside))


def furthest(loss: Scalar, slope: Slope, outside: Scalar, outside_slope: Slope) -> tuple[Scalar, Slope]:
    """Of the loss, a margin, and of minus the excess the smaller one, which is further from its goal; and its slope."""
    misled = loss < -outside
    return jnp.where(misled, loss, -outside), jnp.where(misled, slope, -outside_slope)
