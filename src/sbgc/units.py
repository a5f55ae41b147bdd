"""Nats, bits per dimension and the base measure that makes them comparable between models.

Every density of this package is a density of the dequantized image x on [0, L)^D, where L is the number of grey levels.
With that measure -log_prob / (D ln 2) IS bits/dim, for every model: the uniform density on the cube has log2(L).
"""

import math

import numpy as np
from numpy.typing import ArrayLike


def bits_per_dim(log_prob: ArrayLike, dim: int) -> np.ndarray:
    """-log p / (D ln 2): nats of a density on [0, L)^D to bits/dim (Theis et al. 2016)."""
    return -np.asarray(log_prob) / (dim * math.log(2.0))


def log_det_to_unit(levels: int, dim: int) -> float:
    """log |dz/dx| of z = 2 x / L - 1, which maps the grey-level cube [0, L)^D onto [-1, 1)^D; in nats.

    log p(x) = log p(z) + log_det_to_unit. It is the "+7" of the paper's bits/dim at L = 256 (log2(L / 2)).
    """
    return dim * math.log(2.0 / levels)
