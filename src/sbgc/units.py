"""Nats, bits per dimension, and the base measure that makes models comparable.

Every density of this package is a density of the dequantized image x on [0, L)^D, where L is the number of grey levels.
With that measure, -log_prob / (D ln 2) is bits/dim for every model. The uniform density on the cube has log2(L).
"""

import math

import numpy as np
from numpy.typing import ArrayLike


def bits_per_dim(log_prob: ArrayLike, dim: int) -> np.ndarray:
    """Bits/dim, -log p / (D ln 2), from nats of a density on [0, L)^D (Theis et al. 2016)."""
    return -np.asarray(log_prob) / (dim * math.log(2.0))


def bottleneck_nats(bits: ArrayLike, levels: int) -> np.ndarray:
    """L_X of IB-INN in nats per dimension from bits/dim: of x / L, without the constant log(2 pi) / 2.

    Mackowiak et al. 2021, equation 6; the constant is that of the normal density of the latents.
    """
    return math.log(2.0) * np.asarray(bits) - math.log(levels) - 0.5 * math.log(2.0 * math.pi)


def log_det_to_unit(levels: int, dim: int) -> float:
    """log |dz/dx| in nats, where z = 2 x / L - 1 maps the grey-level cube [0, L)^D onto [-1, 1)^D.

    log p(x) = log p(z) + log_det_to_unit. At L = 256 this is the "+7" of the paper's bits/dim (log2(L / 2)).
    """
    return dim * math.log(2.0 / levels)
