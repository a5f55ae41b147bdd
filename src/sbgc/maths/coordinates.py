"""Coordinates in which Gaussian data of a given covariance stands still along the probability flow.

Let lambda_k be the variances of the data along the eigenvectors Q of their covariance, mu their mean, y = x / alpha and
s = sigma / alpha. For Gaussian data the flow dy/ds = eps_hat has the solution Q' (y - mu) = sqrt(lambda + s^2) w with a
constant w. In the coordinates w a solver therefore has only to follow how the data differ from that Gaussian
(docs/theory.md).
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import DTypeLike
from jaxtyping import Array, Float, Num

LARGEST = 4096  # dimensions; of more, the matrix of the eigenvectors does not pay, and the pixels are the axes

Point = Float[Array, "*shape"]
Values = Any  # an array of JAX, or of NumPy where it is made
Modes = Float[Array, " dim"]


class Coordinates(NamedTuple):
    """The mean [*shape] of the data on [-1, 1)^D, their variances [D], and the eigenvectors [D, D] as columns.

    basis: None where the pixels themselves are the axes.
    """

    mean: Values
    variances: Values
    basis: Values | None

    def as_dtype(self, dtype: DTypeLike) -> "Coordinates":
        """The same in another precision."""
        return jax.tree.map(lambda array: jnp.asarray(array, dtype), self)

    def scale(self, noise_ratio: Array) -> Modes:
        """sqrt(lambda + s^2), the standard deviation of each mode of y at the noise ratio s."""
        return jnp.sqrt(self.variances + noise_ratio**2)

    def project(self, offset: Point) -> Modes:
        """Q' times an offset from the mean, or times a velocity."""
        flat = offset.reshape(-1)
        # An accelerator may multiply in a lower precision by itself, with errors as large as the noise at t_min.
        return flat if self.basis is None else jnp.matmul(flat, self.basis, precision=jax.lax.Precision.HIGHEST)

    def point(self, modes: Modes) -> Point:
        """The point mu + Q modes."""
        if self.basis is not None:
            modes = jnp.matmul(self.basis, modes, precision=jax.lax.Precision.HIGHEST)
        return self.mean + modes.reshape(self.mean.shape)


def isotropic(shape: tuple[int, ...]) -> Coordinates:
    """Those of the uniform density on the cube [-1, 1)^D, whose variance is a third in every direction."""
    return Coordinates(np.zeros(shape), np.full(int(np.prod(shape)), 1 / 3), None)


def of_images(images: Num[np.ndarray, "n *shape"], levels: int) -> Coordinates:
    """Those of images in grey levels 0..L-1, dequantized and mapped to [-1, 1)^D.

    The covariance is shrunk towards a multiple of the identity (Ledoit & Wolf 2004), for there may be fewer images than
    dimensions. Above LARGEST dimensions only the variances of the pixels are taken.
    """
    from sklearn.covariance import ledoit_wolf  # here, because it takes a second

    unit = 2.0 / levels
    flat = (images.reshape(len(images), -1) + 0.5) * unit - 1.0
    mean, noise = flat.mean(axis=0), unit**2 / 12.0  # the variance that dequantization adds
    if flat.shape[1] > LARGEST:
        return Coordinates(mean.reshape(images.shape[1:]), flat.var(axis=0) + noise, None)
    covariance, _ = ledoit_wolf(flat)
    variances, basis = np.linalg.eigh(covariance)
    return Coordinates(mean.reshape(images.shape[1:]), np.maximum(variances, 0.0) + noise, basis)
