"""The fit of one full-covariance Gaussian per class: two moments of the dequantized training images."""

import numpy as np
from jaxtyping import Float

from sbgc.artifacts import ArtifactError, Split
from sbgc.config.models import GaussianModel
from sbgc.config.spec import Spec

DEQUANTIZATION_VARIANCE = 1.0 / 12.0  # of u ~ U[0, 1)


def fit(spec: Spec, split: Split) -> dict[str, np.ndarray]:
    """Means [classes, D] and lower Cholesky factors [classes, D, D], float64, of the dequantized images of each class.

    Sigma_y = (1 - s) S_y + s tr(S) / D I, where S_y is the maximum-likelihood covariance of class y, S the pooled one
    within classes and s the shrinkage (Friedman 1989, without the step towards a common covariance). The noise u of
    x = k + u enters by its moments, E u = 1/2 and Cov u = I / 12: a Gaussian's likelihood sees two moments of the data,
    so this is the fit to infinitely many draws, without a seed. Raises ArtifactError for a class without an image.
    """
    assert isinstance(spec.settings, GaussianModel)
    images, labels, shrinkage = split.images, split.labels, spec.settings.shrinkage
    counts = np.bincount(labels, minlength=spec.dataset.num_classes)
    if not counts.all():
        raise ArtifactError(f"{spec.model}: no training image of class {int(np.argmin(counts))}")
    flat = images.reshape(len(images), -1).astype(np.float64)
    moments = [_dequantized_moments(flat[labels == label]) for label in range(len(counts))]
    mean, covariance = (np.stack(moment) for moment in zip(*moments, strict=True))
    variance = np.average(np.trace(covariance, axis1=1, axis2=2), weights=counts) / flat.shape[1]
    shrunk = (1.0 - shrinkage) * covariance + shrinkage * variance * np.eye(flat.shape[1])
    return {"mean": mean, "chol": np.linalg.cholesky(shrunk)}


def _dequantized_moments(
    grey: Float[np.ndarray, "images dim"],
) -> tuple[Float[np.ndarray, " dim"], Float[np.ndarray, "dim dim"]]:
    mean = grey.mean(axis=0)
    centered = grey - mean
    return mean + 0.5, centered.T @ centered / len(grey) + DEQUANTIZATION_VARIANCE * np.eye(grey.shape[1])
