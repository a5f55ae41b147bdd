"""Likelihood with as much classification as is asked for (Fetaya et al. 2020, equation 6 and appendix E)."""

import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, Int

from sbgc.types import Scalar

ClassScores = Float[Array, "batch classes"]


def loss(
    log_probs: ClassScores, logits: ClassScores, labels: Int[Array, " batch"], dimensions: int, weight: float
) -> Scalar:
    """The mean of -log p(x|y) / D + weight (-log p(y|x)), in nats, where the logits give p(y|x)."""
    own = jnp.take_along_axis(log_probs, labels[:, None], axis=1)
    value = -own.mean() / dimensions
    if weight:
        value += weight * optax.softmax_cross_entropy_with_integer_labels(logits, labels).mean()
    return value
