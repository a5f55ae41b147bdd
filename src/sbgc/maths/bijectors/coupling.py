"""Affine coupling: half of the channels is scaled and shifted by what a network makes of the other half.

Dinh et al. 2017, "Real NVP"; Fetaya et al. 2020, equation 5.
"""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from sbgc.maths.bijectors.protocol import Batch, LogDet

Values = Float[Array, "batch height width half"]
Conditioner = Callable[[Batch], Float[Array, "batch height width twice"]]


class AffineCoupling(NamedTuple):
    """y = (x_1, s(x_1) x_2 + t(x_1)), where x_1 are the first `kept` channels.

    conditioner: gives the raw scales and the shifts of the other channels, as twice as many channels; the scales first.
    log_scale: makes log s of the raw scales.
    """

    kept: int
    conditioner: Conditioner
    log_scale: Callable[[Values], Values]

    def forward_and_log_det(self, x: Batch) -> tuple[Batch, LogDet]:
        """The sum of log s over pixels and channels."""
        first, second = x[..., : self.kept], x[..., self.kept :]
        log_scale, shift = self._affine(first)
        y = jnp.concatenate([first, jnp.exp(log_scale) * second + shift], axis=-1)
        return y, log_scale.sum(axis=(1, 2, 3))

    def inverse(self, y: Batch) -> Batch:
        """x_2 = (y_2 - t(y_1)) / s(y_1)."""
        first, second = y[..., : self.kept], y[..., self.kept :]
        log_scale, shift = self._affine(first)
        return jnp.concatenate([first, jnp.exp(-log_scale) * (second - shift)], axis=-1)

    def _affine(self, first: Batch) -> tuple[Values, Values]:
        raw, shift = jnp.split(self.conditioner(first), 2, axis=-1)
        return self.log_scale(raw), shift


def glow_log_scale(raw: Values) -> Values:
    """log sigmoid(raw + 2), as Glow's published code has it: scales lie below 1 and begin at 0.88."""
    return jax.nn.log_sigmoid(raw + 2.0)


def soft_clamp(limit: float) -> Callable[[Values], Values]:
    """limit tanh(raw / 10), as IB-INN has it: scales lie between exp(-limit) and exp(limit), and begin at 1."""
    return lambda raw: limit * jnp.tanh(0.1 * raw)
