"""One full-covariance Gaussian per class: the sanity baseline whose likelihood is a closed form."""

import math
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import serialization
from jaxtyping import Array, Float

from sbgc.artifacts import ArtifactError
from sbgc.types import ClassLogits, Draw, Image, Key, Label, LogProb

DEQUANTIZATION_VARIANCE = 1.0 / 12.0  # of u ~ U[0, 1)


def fit(images: np.ndarray, labels: np.ndarray, num_classes: int, shrinkage: float) -> dict[str, np.ndarray]:
    """Means [classes, D] and lower Cholesky factors [classes, D, D], float64, of the dequantized images of each class.

    Sigma_y = (1 - s) S_y + s tr(S) / D I, where S_y is the maximum-likelihood covariance of class y, S the pooled one
    within classes and s the shrinkage (Friedman 1989, without the step towards a common covariance). images: grey
    levels k, [n, H, W, C]. The noise u of x = k + u enters by its moments, E u = 1/2 and Cov u = I / 12: a Gaussian's
    likelihood sees two moments of the data, so this is the fit to infinitely many draws, without a seed.
    Raises ArtifactError for a class without an image.
    """
    counts = np.bincount(labels, minlength=num_classes)
    if not counts.all():
        raise ArtifactError(f"gaussian: no training image of class {int(np.argmin(counts))}")
    flat = images.reshape(len(images), -1).astype(np.float64)
    moments = [_dequantized_moments(flat[labels == label]) for label in range(num_classes)]
    mean, covariance = (np.stack(moment) for moment in zip(*moments, strict=True))
    variance = np.average(np.trace(covariance, axis1=1, axis2=2), weights=counts) / flat.shape[1]
    shrunk = (1.0 - shrinkage) * covariance + shrinkage * variance * np.eye(flat.shape[1])
    return {"mean": mean, "chol": np.linalg.cholesky(shrunk)}


def _dequantized_moments(grey: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    mean = grey.mean(axis=0)
    centered = grey - mean
    return mean + 0.5, centered.T @ centered / len(grey) + DEQUANTIZATION_VARIANCE * np.eye(grey.shape[1])


@dataclass(frozen=True, eq=False)  # compared by identity, so that it hashes
class Gaussian:
    """p(x|y) = N(x; mu_y, Sigma_y), in nats with respect to Lebesgue measure in grey levels.

    The mass it puts outside the cube [0, L)^D is lost to it, not renormalized: its bits/dim are honest, a little high.
    mean: [classes, D]. whiten: inverse Cholesky factors [classes, D, D]. log_scale: log-density at the mean [classes].
    """

    num_classes: int
    mean: Float[Array, "classes dim"]
    whiten: Float[Array, "classes dim dim"]
    log_scale: ClassLogits

    def log_prob(self, x: Image, y: Label, key: Key, draw: Draw = 0) -> LogProb:
        """log p(x|y) in nats, exact; nothing is estimated, so neither `key` nor `draw` is used."""
        del key, draw
        standard = self.whiten[y] @ (x.reshape(-1) - self.mean[y])
        return LogProb(self.log_scale[y] - 0.5 * jnp.sum(standard**2), jnp.asarray(1, jnp.int32))

    def logits(self, x: Image, key: Key) -> ClassLogits:
        """log p(x|y) of every class: log p(y|x) up to a constant, the class prior being uniform."""
        return jax.vmap(lambda y: self.log_prob(x, y, key).value)(jnp.arange(self.num_classes))


def load(spec: dict[str, Any], params: bytes) -> Gaussian:
    """The model of a spec and of the parameters that `fit` made; factors are inverted in float64, then rounded."""
    arrays = serialization.msgpack_restore(params)
    mean, chol = arrays["mean"], arrays["chol"]
    log_scale = -np.log(np.diagonal(chol, axis1=1, axis2=2)).sum(axis=1) - 0.5 * mean.shape[1] * math.log(2.0 * math.pi)
    whiten = jnp.asarray(np.linalg.inv(chol))
    return Gaussian(spec["dataset"]["num_classes"], jnp.asarray(mean), whiten, jnp.asarray(log_scale))
