"""Dequantization: grey levels k become a continuous image x = k + u, with u in the cell [0, 1)^D.

u is uniform (Theis et al. 2016, section 3.1), or normal around the middle of the cell and truncated at its walls (Zheng
et al. 2023, section 4.2). With q its density, E log p(k + u) - log q(u) bounds log P(k) from below.

Draws may be stratified: each block of `strata` draws is a Latin hypercube sample (McKay, Beckman & Conover 1979). Every
pixel's u then falls once into each of as many equally likely parts of [0, 1), in an order of its own. Every draw by
itself has the distribution of u, so means stay unbiased; what is additive over pixels in log p(k + u) all but drops out
of their noise.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy import special

from sbgc.artifacts import ArtifactError, Split
from sbgc.keys import generator_for

Settings = Mapping[str, Any]  # kind, strata and, of a truncated normal, width: half a cell in standard deviations

UNIFORM = {"kind": "uniform", "strata": 1}
LOG_NOISE = "log_noise_density"  # the column log q(u), [n, draws], in nats; absent where it is 0

# u is the middle of one of 2^15 equal parts of [0, 1), an odd multiple of 2^-16. For k <= 255 the sum k + u then needs
# 8 + 16 = 24 bits, all that float32 holds, and is exact. A float32 drawn on [0, 1) is finer than that: 255 + u could
# round up to 256, out of the cell and of the cube.
BITS = 15


def noise(
    seed: int, index: np.ndarray, draws: int, shape: Sequence[int], dequantization: Settings = UNIFORM
) -> np.ndarray:
    """u, float32 [n, draws, H, W, C] on [0, 1), for images of `shape` [H, W, C] numbered `index` [n].

    Draw d of an image follows from (seed, index, d) and the settings alone: not from other images, their order, or the
    number of draws. `strata` is a power of two; 1 makes all draws independent.
    """
    u, strata = np.empty((len(index), draws, *shape), np.float32), dequantization["strata"]
    width = (1 << BITS) // strata
    for row, number in enumerate(index):
        for draw in range(draws):
            part = generator_for(seed, "dequantize", int(number), draw).integers(0, width, size=shape)
            stratum = _order(seed, int(number), draw // strata, shape, strata)[draw % strata]
            u[row, draw] = (stratum * width + part + 0.5) / (1 << BITS)
    return u if dequantization["kind"] == "uniform" else _quantile(u, dequantization["width"])


def log_density(u: np.ndarray, width: float) -> np.ndarray:
    """log q(u) in nats, float64 [n, draws], of the truncated normal; u [n, draws, H, W, C]."""
    standard = 2.0 * width * (u.astype(float) - 0.5)
    scale = np.log(2.0 * width / (special.ndtr(width) - special.ndtr(-width)))
    return (scale - 0.5 * standard**2 - 0.5 * np.log(2.0 * np.pi)).sum(axis=(2, 3, 4))


def noise_ratio(dequantization: Settings, levels: int) -> float:
    """sigma / alpha where z = 2 x / L - 1 is the middle of a cell under the noise u: there the flow begins.

    0 for uniform noise, which is part of the image: the flow begins at the process's own t_min.
    """
    return 0.0 if dequantization["kind"] == "uniform" else 1.0 / (levels * dequantization["width"])


def dequantize(split: Split, seed: int, draws: int, dequantization: Settings = UNIFORM) -> Split:
    """A split with `draws` draws of noise of each image: float32 [n, draws, H, W, C] on [0, L)^D.

    Images between the grey levels (interpolated, attacked) are shifted alike. Raises ArtifactError when the split is
    dequantized already.
    """
    if split.images.ndim != 4:
        found = f"images of shape {list(split.images.shape)}, expected [n, H, W, C]"
        raise ArtifactError(f"split {_name(split)}: {found}")
    x, columns = noise(seed, split.index, draws, split.images.shape[1:], dequantization), split.columns
    if dequantization["kind"] != "uniform":
        columns = columns | {LOG_NOISE: log_density(x, dequantization["width"])}
    x += split.images[:, None]  # in place: of a large shard there is no room for both
    meta = split.meta | {"draws": draws, "noise_seed": seed, "dequantization": dict(dequantization)}
    return Split(x, split.labels, split.index, columns, meta)


def evaluated(split: Split, evaluation: Mapping[str, Any], shard: int = 0, num_shards: int = 1) -> Split:
    """The shard-th of num_shards parts of the images that an evaluation is of, dequantized as it says.

    evaluation: images (how many, the first of the split; None: all), draws, seed, dequantization. An image's noise is
    the same in every shard: no dequantized split need ever be whole. Raises ArtifactError when the split has fewer
    images.
    """
    images = evaluation["images"]
    if images is not None and images > len(split):
        raise ArtifactError(f"images = {images}: split {_name(split)} has {len(split)}")
    part = split.take(slice(images)).shard(shard, num_shards)
    return dequantize(part, evaluation["seed"], evaluation["draws"], evaluation["dequantization"])


def _name(split: Split) -> str:
    return split.meta.get("split", "?")


def _order(seed: int, number: int, block: int, shape: Sequence[int], strata: int) -> np.ndarray:
    """For each pixel a random order of the strata: int [strata, H, W, C], the stratum of each draw of a block."""
    return generator_for(seed, "strata", number, block).random((strata, *shape)).argsort(axis=0)


def _quantile(uniform: np.ndarray, width: float) -> np.ndarray:
    """The truncated normal's quantiles of numbers on (0, 1), rounded to middles of parts like those."""
    low, high = special.ndtr(-width), special.ndtr(width)
    normal = special.ndtri(low + (high - low) * uniform.astype(float))
    parts = np.clip(np.floor((0.5 + normal / (2.0 * width)) * (1 << BITS)), 0, (1 << BITS) - 1)
    return ((parts + 0.5) / (1 << BITS)).astype(np.float32)
