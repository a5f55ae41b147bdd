"""AugMix: a random mixture of random chains of simple image operations (Hendrycks et al. 2020, algorithm 1).

Images are float grey levels 0..L-1. None of the operations is one of the test corruptions. Strengths are those of the
published code: `severity` counts in tenths of the strongest.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax.scipy.ndimage import map_coordinates
from jaxtyping import Array, Float

from sbgc.types import Image, Key, Scalar

LONGEST = 3  # the most operations in a chain
POSTERIZED, ROTATED, SHEARED, TRANSLATED = 4.0, 30.0, 0.3, 1 / 3  # bits; degrees; pixels per pixel; part of the side
GEOMETRIC = ("rotate", "shear_x", "shear_y", "translate_x", "translate_y")
TONAL = ("autocontrast", "equalize", "posterize", "solarize")
Matrix = Float[Array, "2 3"]


class Settings(NamedTuple):
    """The strength in tenths, the number of chains that are mixed, and the number of grey levels of an image."""

    severity: float
    width: int
    levels: int


def augmix(image: Image, key: Key, settings: Settings) -> Image:
    """(1 - m) image + m sum_i w_i chain_i(image), m ~ Beta(1, 1), w ~ Dirichlet(1, ..., 1)."""
    weights_key, mix_key, chains_key = jax.random.split(key, 3)
    weights = jax.random.dirichlet(weights_key, jnp.ones(settings.width))
    keys = jax.random.split(chains_key, settings.width)
    chains = jax.vmap(lambda key: _chain(image, key, settings))(keys)
    return image + jax.random.uniform(mix_key) * (jnp.tensordot(weights, chains, axes=1) - image)


def _chain(image: Image, key: Key, settings: Settings) -> Image:
    """One to three operations, one after the other."""
    length_key, *keys = jax.random.split(key, LONGEST + 1)
    length = jax.random.randint(length_key, (), 1, LONGEST + 1)
    for number, step_key in enumerate(keys):
        image = jnp.where(number < length, _operated(image, step_key, settings), image)
    return image


def _operated(image: Image, key: Key, settings: Settings) -> Image:
    """One of the nine operations, all equally likely. Geometric ones move pixels, tonal ones change grey levels."""
    which_key, level_key, sign_key = jax.random.split(key, 3)
    which = jax.random.randint(which_key, (), 0, len(GEOMETRIC) + len(TONAL))
    level = jax.random.uniform(level_key, (), minval=0.1, maxval=settings.severity) / 10.0
    signed = jnp.where(jax.random.bernoulli(sign_key), level, -level)
    matrices = jnp.stack([matrix(name, signed, *image.shape[:2]) for name in GEOMETRIC])
    moved = warped(image, matrices[jnp.minimum(which, len(GEOMETRIC) - 1)])
    toned = jnp.stack([tone(name, image, level, settings.levels) for name in TONAL])
    return jnp.where(which < len(GEOMETRIC), moved, toned[which - len(GEOMETRIC)])


def matrix(name: str, level: Scalar, height: int, width: int) -> Matrix:
    """The matrix of a geometric operation at a level on [-1, 1]: where in the image a pixel (row, column) is read.

    Angles are whole degrees and shifts are whole pixels, as published.
    """
    one, zero = jnp.ones(()), jnp.zeros(())
    if name == "rotate":  # about the middle of the image, counter-clockwise
        angle = jnp.deg2rad(jnp.trunc(ROTATED * level))
        turn = jnp.array([[jnp.cos(angle), jnp.sin(angle)], [-jnp.sin(angle), jnp.cos(angle)]])
        middle = jnp.array([(height - 1) / 2, (width - 1) / 2])
        return jnp.concatenate([turn, (middle - turn @ middle)[:, None]], axis=1)
    shift = jnp.trunc(TRANSLATED * (width if name.endswith("_x") else height) * level)
    shear = SHEARED * level  # acts on the centers of pixels, which lie half a pixel from the image's corner
    rows = {
        "shear_x": ([one, zero, zero], [shear, one, shear / 2]),
        "shear_y": ([one, shear, shear / 2], [zero, one, zero]),
        "translate_x": ([one, zero, zero], [zero, one, shift]),
        "translate_y": ([one, zero, shift], [zero, one, zero]),
    }
    return jnp.array(rows[name])


def warped(image: Image, matrix: Matrix) -> Image:
    """The image read at matrix (row, column, 1) with linear interpolation, and black where that lies outside."""
    grid = jnp.stack([*jnp.indices(image.shape[:2], dtype=image.dtype), jnp.ones(image.shape[:2], image.dtype)])
    places = jnp.tensordot(matrix, grid, axes=1)
    read = jax.vmap(lambda channel: map_coordinates(channel, list(places), order=1, mode="constant"), -1, -1)
    return read(image)


def tone(name: str, image: Image, level: Scalar, levels: int) -> Image:
    """A tonal operation at a level on [0, 1], applied to each channel separately."""
    top = levels - 1
    if name == "autocontrast":
        low, high = image.min((0, 1)), image.max((0, 1))
        return jnp.where(high > low, top * (image - low) / jnp.where(high > low, high - low, 1.0), image)
    if name == "equalize":
        return jax.vmap(lambda channel: _equalized(channel, levels), -1, -1)(image)
    if name == "posterize":  # to 4 bits or fewer
        step = levels / 2.0 ** (POSTERIZED - jnp.trunc(POSTERIZED * level))
        return jnp.floor(image / step) * step
    return jnp.where(image >= levels * (1.0 - level), top - image, image)


def _equalized(channel: Float[Array, "height width"], levels: int) -> Float[Array, "height width"]:
    """The channel with its grey levels made equally frequent, as Pillow does it.

    A level's new value follows from the counts of all lower levels. The step leaves out the brightest level's count.
    """
    grey = jnp.clip(jnp.round(channel), 0, levels - 1).astype(jnp.int32)
    counts = jnp.zeros(levels, jnp.int32).at[grey.ravel()].add(1)
    brightest = jnp.max(jnp.where(counts > 0, jnp.arange(levels), 0))
    step = (counts.sum() - counts[brightest]) // (levels - 1)
    table = (step // 2 + jnp.cumsum(counts) - counts) // jnp.maximum(step, 1)
    return jnp.where(step > 0, jnp.clip(table, 0, levels - 1)[grey].astype(channel.dtype), channel)
