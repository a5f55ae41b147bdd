"""Half the height and width, four times the channels: no number changes (Dinh et al. 2017, "Real NVP", section 3.6)."""

from typing import NamedTuple

import jax.numpy as jnp

from sbgc.maths.bijectors.protocol import Batch, LogDet, Mapped


class Squeeze(NamedTuple):
    """[n, H, W, C] to [n, H/2, W/2, 4 C]: channel 4 c + 2 i + j is channel c of pixel (i, j) of each 2x2 tile."""

    def forward_and_log_det(self, x: Batch) -> tuple[Mapped, LogDet]:
        """A permutation has log |det| = 0."""
        batch, height, width, channels = x.shape
        tiles = x.reshape(batch, height // 2, 2, width // 2, 2, channels).transpose(0, 1, 3, 5, 2, 4)
        return tiles.reshape(batch, height // 2, width // 2, 4 * channels), jnp.zeros(batch, x.dtype)

    def inverse(self, y: Batch) -> Mapped:
        """[n, H/2, W/2, 4 C] to [n, H, W, C]."""
        batch, height, width, channels = y.shape
        tiles = y.reshape(batch, height, width, channels // 4, 2, 2).transpose(0, 1, 4, 2, 5, 3)
        return tiles.reshape(batch, 2 * height, 2 * width, channels // 4)
