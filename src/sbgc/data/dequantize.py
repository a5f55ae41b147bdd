"""Dequantization: grey levels k become a continuous image x = k + u, with u uniform on the cell [0, 1)^D.

E log p(k + u) bounds log P(k) from below (Theis et al. 2016, section 3.1).

Draws may be stratified: each block of `strata` draws is a Latin hypercube sample (McKay, Beckman & Conover 1979). Every
pixel's u then falls once into each of as many equally likely parts of [0, 1), in an order of its own. Every draw by
itself is uniform, so means stay unbiased; what is additive over pixels in log p(k + u) nearly drops out of their noise.
"""

from collections.abc import Sequence

import numpy as np

from sbgc.artifacts import ArtifactError, Split
from sbgc.keys import generator_for

# u is the middle of one of 2^15 equal parts of [0, 1), an odd multiple of 2^-16. For k <= 255 the sum k + u then needs
# 8 + 16 = 24 bits, all that float32 holds, and is exact. A float32 drawn on [0, 1) is finer than that: 255 + u could
# round up to 256, out of the cell and of the cube.
BITS = 15


def noise(seed: int, index: np.ndarray, draws: int, shape: Sequence[int], strata: int = 1) -> np.ndarray:
    """u, float32 [n, draws, H, W, C] on [0, 1), for images of `shape` [H, W, C] numbered `index` [n].

    Draw d of an image follows from (seed, index, d) and `strata` alone: not from other images, their order, or the
    number of draws. `strata` is a power of two; 1 makes all draws independent.
    """
    u, width = np.empty((len(index), draws, *shape), np.float32), (1 << BITS) // strata
    for row, number in enumerate(index):
        for draw in range(draws):
            part = generator_for(seed, "dequantize", int(number), draw).integers(0, width, size=shape)
            stratum = _order(seed, int(number), draw // strata, shape, strata)[draw % strata]
            u[row, draw] = (stratum * width + part + 0.5) / (1 << BITS)
    return u


def dequantize(split: Split, seed: int, draws: int, strata: int = 1) -> Split:
    """A split with `draws` draws of noise of each image: float32 [n, draws, H, W, C] on [0, L)^D.

    Images between the grey levels (interpolated, attacked) are shifted alike. Raises ArtifactError when the split is
    dequantized already.
    """
    if split.images.ndim != 4:
        found = f"images of shape {list(split.images.shape)}, expected [n, H, W, C]"
        raise ArtifactError(f"split {split.meta.get('split', '?')}: {found}")
    x = noise(seed, split.index, draws, split.images.shape[1:], strata)
    x += split.images[:, None]  # in place: of a large shard there is no room for both
    meta = split.meta | {"draws": draws, "noise_seed": seed, "strata": strata}
    return Split(x, split.labels, split.index, split.columns, meta)


def _order(seed: int, number: int, block: int, shape: Sequence[int], strata: int) -> np.ndarray:
    """For each pixel a random order of the strata: int [strata, H, W, C], the stratum of each draw of a block."""
    return generator_for(seed, "strata", number, block).random((strata, *shape)).argsort(axis=0)
