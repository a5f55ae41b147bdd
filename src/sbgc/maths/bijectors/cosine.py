"""The discrete cosine transform of whole images, after which no pixel has a place: IB-INN's pooling (section 4)."""

from typing import NamedTuple

import jax.numpy as jnp
from jax.scipy.fft import dctn, idctn

from sbgc.maths.bijectors.protocol import Batch, LogDet, Mapped

PIXELS = (1, 2)  # the axes of height and width


class CosineTransform(NamedTuple):
    """[n, H, W, C] to [n, 1, 1, H W C]: all H W coefficients of each channel, that of the mean first.

    The transform of type II is orthonormal. Its first coefficient is sqrt(H W) times the mean, and the mean is all that
    average pooling keeps.
    """

    height: int
    width: int

    def forward_and_log_det(self, x: Batch) -> tuple[Mapped, LogDet]:
        """An orthogonal map has log |det| = 0."""
        coefficients = dctn(x, axes=PIXELS, norm="ortho")
        return coefficients.reshape(len(x), 1, 1, -1), jnp.zeros(len(x), x.dtype)

    def inverse(self, y: Batch) -> Mapped:
        """[n, 1, 1, H W C] to [n, H, W, C]."""
        return idctn(y.reshape(len(y), self.height, self.width, -1), axes=PIXELS, norm="ortho")
