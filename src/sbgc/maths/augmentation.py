"""Simple augmentation of training images: mirror images, and shifts within a border.

Images are float grey levels 0..L-1, [batch, H, W, C]. Chance decides for each image separately.
"""

from typing import Literal, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from sbgc.types import Key

Images = Float[Array, "batch height width channels"]


class Crops(NamedTuple):
    """Random crops, as large as the image, of the image with a border.

    border: its width in pixels, on each side. fill: what stands there, the image's reflection (Zagoruyko & Komodakis
    2016, section 3) or its nearest pixel (Fetaya et al. 2020, B).
    """

    border: int
    fill: Literal["reflect", "edge"]


def flipped(images: Images, key: Key) -> Images:
    """Each image, mirrored left to right with probability 1/2."""
    mirrored = jax.random.bernoulli(key, 0.5, (len(images), 1, 1, 1))
    return jnp.where(mirrored, images[:, :, ::-1], images)


def cropped(images: Images, key: Key, crops: Crops) -> Images:
    """A random crop of each image."""
    border = crops.border
    corners = jax.random.randint(key, (len(images), 2), 0, 2 * border + 1)
    padded = jnp.pad(images, ((0, 0), (border, border), (border, border), (0, 0)), mode=crops.fill)

    def crop(image: Array, corner: Array) -> Array:
        return jax.lax.dynamic_slice(image, (corner[0], corner[1], 0), images.shape[1:])

    return jax.vmap(crop)(padded, corners)
