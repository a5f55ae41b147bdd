"""A fixed scale and shift of all numbers, such as from grey levels on [0, L) to [-1/2, 1/2)."""

import math
from typing import NamedTuple

import jax.numpy as jnp

from sbgc.maths.bijectors.protocol import Batch, LogDet


class Scaling(NamedTuple):
    """y = scale x + shift, with scale > 0."""

    scale: float
    shift: float

    def forward_and_log_det(self, x: Batch) -> tuple[Batch, LogDet]:
        """D log(scale) is the same for all images of D numbers."""
        numbers = math.prod(x.shape[1:])
        return self.scale * x + self.shift, jnp.full(len(x), numbers * math.log(self.scale), x.dtype)

    def inverse(self, y: Batch) -> Batch:
        """(y - shift) / scale."""
        return (y - self.shift) / self.scale
