"""Crops at fixed places, over which a classifier is averaged: 10-crop testing (Krizhevsky et al. 2012, section 4.1)."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from sbgc.types import Image


def corner_crops(
    image: Image, height: int, width: int, mirrored: bool
) -> Float[Array, "crops {height} {width} channels"]:
    """The crops of a size at an image's corners (the upper ones first) and at its center.

    mirrored: with the mirror image, left to right, of each behind them: ten in place of five. Where the center lies
    between two pixels, its crop begins at the upper left one. Raises ValueError when the image is smaller than a crop.
    """
    lowest, rightmost = image.shape[0] - height, image.shape[1] - width
    if lowest < 0 or rightmost < 0:
        raise ValueError(f"no crop of {height}x{width} pixels in an image of {image.shape[0]}x{image.shape[1]}")
    corners = [(0, 0), (0, rightmost), (lowest, 0), (lowest, rightmost), (lowest // 2, rightmost // 2)]
    found = jnp.stack([image[row : row + height, column : column + width] for row, column in corners])
    return jnp.concatenate([found, found[:, :, ::-1]]) if mirrored else found
