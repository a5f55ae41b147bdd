"""Uniform dequantization: grey levels k become a continuous image x = k + u (Theis et al. 2016, section 3.1)."""

from collections.abc import Sequence

import numpy as np

from sbgc.artifacts import ArtifactError, Split
from sbgc.keys import generator_for

# u is the middle of one of 2^15 equal parts of [0, 1), an odd multiple of 2^-16. For k <= 255 the sum k + u then needs
# 8 + 16 = 24 bits, all that float32 holds, and is exact. A float32 drawn on [0, 1) is finer than that: 255 + u could
# round up to 256, out of the cell and of the cube.
BITS = 15


def noise(seed: int, index: np.ndarray, draws: int, shape: Sequence[int]) -> np.ndarray:
    """u, float32 [n, draws, H, W, C] uniform on [0, 1), for images of `shape` [H, W, C] numbered `index` [n].

    Draw d of an image follows from (seed, index, d) alone: not from other images, their order, or the number of draws.
    """
    u = np.empty((len(index), draws, *shape), np.float32)
    for row, number in enumerate(index):
        for draw in range(draws):
            part = generator_for(seed, "dequantize", int(number), draw).integers(0, 1 << BITS, size=shape)
            u[row, draw] = (part + 0.5) / (1 << BITS)
    return u


def dequantize(split: Split, seed: int, draws: int, images: int | None) -> Split:
    """The first `images` (None: all) of a split, with `draws` draws of noise each: float32 [n, draws, H, W, C].

    The result lies on [0, L)^D. Images between the grey levels (interpolated, attacked) are shifted alike. Raises
    ArtifactError when the split has fewer images, or is dequantized already.
    """
    name = split.meta.get("split", "?")
    if split.images.ndim != 4:
        raise ArtifactError(f"split {name}: images of shape {list(split.images.shape)}, expected [n, H, W, C]")
    if images is not None and images > len(split):
        raise ArtifactError(f"images = {images}: split {name} has {len(split)}")
    first = split.take(slice(images))
    x = first.images[:, None].astype(np.float32) + noise(seed, first.index, draws, first.images.shape[1:])
    return Split(x, first.labels, first.index, first.columns, first.meta | {"draws": draws, "noise_seed": seed})
