"""One Gaussian per class, and the noise prediction that it implies at every noise level.

The classes differ in the leading principal directions of the images only. In the other directions, which in images have
little variance and outliers, all classes share one mean and one variance for each direction. There a covariance of each
class would decide most images by how many standard deviations a few pixels lie from the class mean.

Such a Gaussian is the exact solution for what a score network learns first, at high noise (Wang & Vastola 2024, "The
unreasonable effectiveness of Gaussian score approximation for diffusion models"; docs/theory.md).
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Num

Values = Any  # an array of JAX, or of NumPy where it is made
Batch = Float[Array, "batch *shape"]
Levels = Float[Array, " batch"]  # alpha or sigma of the noise, for each image


class ClassGaussians(NamedTuple):
    """Gaussians of D-dimensional data on [-1, 1)^D, which differ in k leading directions.

    mean [D], basis [D, D]: of all classes, with the principal directions as columns. variances [D - k]: in all but the
    leading directions. class_means [C, k]: in the leading directions, from the mean. class_bases [C, k, k],
    class_variances [C, k]: eigenvectors, as columns, and eigenvalues of each class's covariance there.
    """

    mean: Values
    basis: Values
    variances: Values
    class_means: Values
    class_bases: Values
    class_variances: Values

    def eps_hat(self, z: Batch, alpha: Levels, sigma: Levels, labels: Int[Array, " batch"]) -> Batch:
        """sigma (alpha^2 Sigma_y + sigma^2 I)^-1 (z - alpha mu_y): the expected noise in z, if the data were Gaussian.

        It is -sigma times the score of N(alpha mu_y, alpha^2 Sigma_y + sigma^2 I).
        """
        mean, basis, variances, class_means, bases, class_variances = (jnp.asarray(a, z.dtype) for a in self)
        a, s = alpha[:, None], sigma[:, None]
        modes = _product(z.reshape(len(z), -1) - a * mean[None, :], basis)
        count = class_means.shape[1]
        leading = modes[:, :count] - a * class_means[labels]
        leading = jnp.einsum("bk,bkm->bm", leading, bases[labels], precision=jax.lax.Precision.HIGHEST)
        leading = leading / (a**2 * class_variances[labels] + s**2)
        leading = jnp.einsum("bm,bkm->bk", leading, bases[labels], precision=jax.lax.Precision.HIGHEST)
        others = modes[:, count:] / (a**2 * variances[None, :] + s**2)
        return (s * _product(jnp.concatenate([leading, others], axis=1), basis.T)).reshape(z.shape)

    def error(self, alpha: Levels, sigma: Levels) -> Levels:
        """Root mean square over dimensions of eps_hat - eps, if the data were Gaussian, averaged over the classes."""
        leading, others = (jnp.asarray(a, alpha.dtype) for a in (self.class_variances, self.variances))
        of_all = jnp.concatenate([leading.mean(axis=0), others])[None, :] * alpha[:, None] ** 2
        return jnp.sqrt(jnp.mean(of_all / (of_all + sigma[:, None] ** 2), axis=1))


def empty(dimensions: int, classes: int, directions: int) -> ClassGaussians:
    """Float32 arrays of the right shapes: standard normal distributions."""
    one = jnp.ones
    bases = jnp.tile(jnp.eye(directions), (classes, 1, 1))
    rest, mean, means = one(dimensions - directions), jnp.zeros(dimensions), jnp.zeros((classes, directions))
    return ClassGaussians(mean, jnp.eye(dimensions), rest, means, bases, one((classes, directions)))


def of_images(
    images: Num[np.ndarray, "n *shape"],
    labels: Int[np.ndarray, " n"],
    levels: int,
    classes: int,
    directions: int,
    shrinkage: float,
) -> ClassGaussians:
    """Those of images in grey levels 0..L-1, dequantized and mapped to [-1, 1)^D, in float64.

    In the leading directions the covariance of a class is (1 - s) S_y + s S, where S_y is its own, S the one within all
    classes and s the shrinkage (Friedman 1989). Raises ValueError for a class without an image.
    """
    unit = 2.0 / levels
    flat = (images.reshape(len(images), -1) + 0.5) * unit - 1.0
    mean, noise = flat.mean(axis=0), unit**2 / 12.0  # the variance that dequantization adds
    variances, basis = np.linalg.eigh(np.cov(flat.T, ddof=0))
    variances, basis = np.maximum(variances[::-1], 0.0) + noise, basis[:, ::-1]
    leading = (flat - mean) @ basis[:, :directions]
    counts = np.bincount(labels, minlength=classes)
    if not counts.all():
        raise ValueError(f"no image of class {int(np.argmin(counts))}")
    of_class = [leading[labels == label] for label in range(classes)]
    covariances = np.stack([np.cov(rows.T, ddof=0).reshape(directions, directions) for rows in of_class])
    within = np.average(covariances, axis=0, weights=counts)
    shrunk = (1.0 - shrinkage) * covariances + shrinkage * within + noise * np.eye(directions)
    class_variances, class_bases = np.linalg.eigh(shrunk)
    class_means = np.stack([rows.mean(axis=0) for rows in of_class])
    return ClassGaussians(mean, basis, variances[directions:], class_means, class_bases, class_variances)


def _product(rows: Float[Array, "batch n"], matrix: Float[Array, "n m"]) -> Float[Array, "batch m"]:
    # An accelerator may multiply in a lower precision by itself, with errors as large as the noise at t_min.
    return jnp.matmul(rows, matrix, precision=jax.lax.Precision.HIGHEST)
