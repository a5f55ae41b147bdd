"""An invertible 1x1 convolution: one matrix for the channels of every pixel, kept as its LU factors.

Kingma & Dhariwal 2018, "Glow", section 3.2 and equation 11.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax.scipy.linalg import lu, solve_triangular
from jaxtyping import Array, Float

from sbgc.maths.bijectors.protocol import Batch, LogDet
from sbgc.types import Key

Square = Float[Array, "channels channels"]
Diagonal = Float[Array, " channels"]


class InvertibleConv(NamedTuple):
    """y = W x at every pixel, with W = P L (U + diag(sign exp(log_diagonal))).

    permutation P and sign are fixed. Of `lower` only the part below the diagonal counts, of `upper` that above it.
    """

    permutation: Square
    sign: Diagonal
    lower: Square
    upper: Square
    log_diagonal: Diagonal

    @classmethod
    def random(cls, key: Key, channels: int) -> "InvertibleConv":
        """That of a random orthogonal matrix, uniform by Haar's measure."""
        permutation, lower, upper = lu(jax.random.orthogonal(key, channels))
        diagonal = jnp.diag(upper)
        return cls(permutation, jnp.sign(diagonal), jnp.tril(lower, -1), jnp.triu(upper, 1), jnp.log(jnp.abs(diagonal)))

    def forward_and_log_det(self, x: Batch) -> tuple[Batch, LogDet]:
        """H W sum(log_diagonal) is the same for all images."""
        batch, height, width, _ = x.shape
        log_det = height * width * self.log_diagonal.sum()
        return x @ self._matrix().T, jnp.broadcast_to(log_det, (batch,))

    def inverse(self, y: Batch) -> Batch:
        """W^-1 y, by a permutation and two triangular systems."""
        lower, upper = self._factors()
        columns = self.permutation.T @ y.reshape(-1, y.shape[-1]).T
        columns = solve_triangular(lower, columns, lower=True, unit_diagonal=True)
        return solve_triangular(upper, columns, lower=False).T.reshape(y.shape)

    def _factors(self) -> tuple[Square, Square]:
        lower = jnp.tril(self.lower, -1) + jnp.eye(len(self.sign), dtype=self.lower.dtype)
        return lower, jnp.triu(self.upper, 1) + jnp.diag(self.sign * jnp.exp(self.log_diagonal))

    def _matrix(self) -> Square:
        lower, upper = self._factors()
        return self.permutation @ lower @ upper
