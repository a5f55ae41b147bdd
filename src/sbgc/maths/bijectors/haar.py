"""Haar wavelets of 2x2 tiles: a squeeze whose first channels are the image at half the resolution.

Jacobsen et al. 2018, "i-RevNet", squeeze; Ardizzone et al. 2020 and IB-INN (section 4) take wavelets in its place.
"""

from typing import NamedTuple

import numpy as np

from sbgc.maths.bijectors.protocol import Batch, LogDet, Mapped
from sbgc.maths.bijectors.squeeze import Squeeze

# Of pixels (0, 0), (0, 1), (1, 0), (1, 1) of a tile: twice their mean, and differences of columns, rows and diagonals.
WAVELETS = 0.5 * np.array([[1, 1, 1, 1], [1, -1, 1, -1], [1, 1, -1, -1], [1, -1, -1, 1]])


class Haar(NamedTuple):
    """[n, H, W, C] to [n, H/2, W/2, 4 C]: channel w C + c is wavelet w of channel c."""

    def forward_and_log_det(self, x: Batch) -> tuple[Mapped, LogDet]:
        """An orthogonal map has log |det| = 0."""
        y, log_det = Squeeze().forward_and_log_det(x)
        batch, height, width, channels = y.shape
        tiles = y.reshape(batch, height, width, channels // 4, 4) @ WAVELETS.T.astype(x.dtype)
        return tiles.swapaxes(3, 4).reshape(y.shape), log_det

    def inverse(self, y: Batch) -> Mapped:
        """[n, H/2, W/2, 4 C] to [n, H, W, C]."""
        batch, height, width, channels = y.shape
        tiles = y.reshape(batch, height, width, 4, channels // 4).swapaxes(3, 4) @ WAVELETS.astype(y.dtype)
        return Squeeze().inverse(tiles.reshape(y.shape))
