"""Simple augmentation of training images: mirrored, and shifted within a reflected border.

Images are float grey levels 0..L-1, [batch, H, W, C]; every image has its own chance.
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from sbgc.types import Key

Images = Float[Array, "batch height width channels"]


def flipped(images: Images, key: Key) -> Images:
    """Every other image mirrored left to right, at random."""
    mirrored = jax.random.bernoulli(key, 0.5, (len(images), 1, 1, 1))
    return jnp.where(mirrored, images[:, :, ::-1], images)


def cropped(images: Images, key: Key, border: int) -> Images:
    """A random crop of the image's size out of it and its reflection `border` pixels wide on each side.

    Zagoruyko & Komodakis 2016, section 3: missing pixels are filled with reflections of the original image.
    """
    corners = jax.random.randint(key, (len(images), 2), 0, 2 * border + 1)
    padded = jnp.pad(images, ((0, 0), (border, border), (border, border), (0, 0)), mode="reflect")

    def crop(image: Array, corner: Array) -> Array:
        return jax.lax.dynamic_slice(image, (corner[0], corner[1], 0), images.shape[1:])

    return jax.vmap(crop)(padded, corners)
