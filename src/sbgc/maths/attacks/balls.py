"""Balls of the norms l_inf and l_2 inside the cube of images [0, 1]^D: sizes, steps, projections and starts."""

import math

import jax
import jax.numpy as jnp

from sbgc.maths.attacks.protocol import Pixels
from sbgc.types import Key, Scalar

NORMS = ("linf", "l2")
TINY = 1e-20  # in place of the length of a gradient that is zero


def size(norm: str, perturbation: Pixels) -> Scalar:
    """The norm of a perturbation."""
    return jnp.abs(perturbation).max() if norm == "linf" else length(perturbation)


def dual_size(norm: str, gradient: Pixels) -> Scalar:
    """The dual norm of a gradient: how fast its function grows along the best direction of length 1 in `norm`."""
    return jnp.abs(gradient).sum() if norm == "linf" else length(gradient)


def length(x: Pixels) -> Scalar:
    """The Euclidean norm, whose derivative at 0 is not asked for."""
    return jnp.sqrt(jnp.sum(x**2))


def steepest(norm: str, gradient: Pixels) -> Pixels:
    """The direction of length 1 in `norm` along which the function of this gradient grows fastest."""
    return jnp.sign(gradient) if norm == "linf" else gradient / jnp.maximum(length(gradient), TINY)


def project(norm: str, image: Pixels, moved: Pixels, epsilon: Scalar) -> Pixels:
    """`moved`, taken back into the ball around `image` and into the cube.

    Clipping to a cube that holds the center brings no pixel further from it, so the second step leaves the ball's
    points in the ball.
    """
    away = moved - image
    if norm == "linf":
        inside = jnp.clip(away, -epsilon, epsilon)
    else:
        inside = away * jnp.minimum(1.0, epsilon / jnp.maximum(length(away), TINY))
    return jnp.clip(image + inside, 0.0, 1.0)


def unit_start(norm: str, key: Key, shape: tuple[int, ...]) -> Pixels:
    """A point uniform in the unit ball of the norm.

    For l2 it is the first D coordinates of a point on the sphere in D + 2 dimensions (Voelker et al. 2017).
    """
    if norm == "linf":
        return jax.random.uniform(key, shape, minval=-1.0, maxval=1.0)
    normal = jax.random.normal(key, (math.prod(shape) + 2,))
    return (normal / jnp.linalg.norm(normal))[:-2].reshape(shape)
