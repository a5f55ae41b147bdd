"""Simple augmentation of training images: mirror images, and shifts within a border.

Images are float grey levels 0..L-1, [batch, H, W, C]. Chance decides for each image separately.
"""

from typing import Literal, NamedTuple, Protocol, runtime_checkable

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from sbgc.types import Key

Images = Float[Array, "batch height width channels"]


class Crops(NamedTuple):
    """Random crops, as large as the image, of the image with a border.

    border: its width in pixels, on each side. fill: what stands there, the image's reflection (Zagoruyko & Komodakis
    2016, section 3), its nearest pixel (Fetaya et al. 2020, B), or its surroundings in the picture that it is cut from
    (Krizhevsky et al. 2012, section 4.1), which the images must then hold.
    """

    border: int
    fill: Literal["reflect", "edge", "surroundings"]


@runtime_checkable
class Bordered(Protocol):
    """Crops of an image with a border."""

    @property
    def border(self) -> int:
        """Its width in pixels, on each side."""

    @property
    def fill(self) -> str:
        """What stands there."""


def surroundings_of(crops: Bordered | None) -> int:
    """Pixels on each side that images must hold beyond what is cut from them."""
    return crops.border if crops and crops.fill == "surroundings" else 0


def flipped(images: Images, key: Key) -> Images:
    """Each image, mirrored left to right with probability 1/2."""
    mirrored = jax.random.bernoulli(key, 0.5, (len(images), 1, 1, 1))
    return jnp.where(mirrored, images[:, :, ::-1], images)


def cropped(images: Images, key: Key, crops: Crops) -> Array:
    """A random crop of each image: as large as the image, and smaller by the border where they hold surroundings."""
    border, held = crops.border, surroundings_of(crops)
    corners = jax.random.randint(key, (len(images), 2), 0, 2 * border + 1)
    padded = images
    if not held:
        padded = jnp.pad(images, ((0, 0), (border, border), (border, border), (0, 0)), mode=crops.fill)
    _, height, width, channels = images.shape

    def crop(image: Array, corner: Array) -> Array:
        size = (height - 2 * held, width - 2 * held, channels)
        return jax.lax.dynamic_slice(image, (corner[0], corner[1], 0), size)

    return jax.vmap(crop)(padded, corners)
