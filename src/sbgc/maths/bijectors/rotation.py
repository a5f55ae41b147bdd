"""A fixed rotation of the channels of every pixel, which mixes them for nothing (IB-INN section 4)."""

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float

from sbgc.maths.bijectors.protocol import Batch, LogDet


class Rotation(NamedTuple):
    """y = Q x at every pixel, with an orthogonal matrix Q, whose determinant is 1 or -1."""

    matrix: Float[Array, "channels channels"]

    def forward_and_log_det(self, x: Batch) -> tuple[Batch, LogDet]:
        """log |det Q| = 0."""
        return x @ self.matrix.T, jnp.zeros(len(x), x.dtype)

    def inverse(self, y: Batch) -> Batch:
        """Q' y."""
        return y @ self.matrix
