"""How the lengths of an attack's steps fall."""

import math

import jax.numpy as jnp
from jaxtyping import Array, Int

from sbgc.types import Scalar


def cosine(number: Int[Array, ""], steps: int) -> Scalar:
    """Half a cosine wave over `steps` steps: 1 at the first, whose number is 0, and 0 at the last."""
    return 0.5 * (1.0 + jnp.cos(math.pi * number / max(steps - 1, 1)))
