"""The fit of a spherical Gaussian for each class."""

import numpy as np

from sbgc.artifacts import Split
from sbgc.config.models import SphericalModel
from sbgc.config.spec import Spec


def fit(spec: Spec, split: Split) -> dict[str, np.ndarray]:
    """Means [classes, D] and standard deviations [classes] of the dequantized images of each class."""
    assert isinstance(spec.settings, SphericalModel)
    flat = split.images.reshape(len(split.images), -1) + 0.5
    classes = [flat[split.labels == label] for label in range(spec.dataset.num_classes)]
    variances = [images.var(axis=0).mean() + 1.0 / 12.0 for images in classes]
    sd = np.maximum(np.sqrt(variances), spec.settings.floor)
    return {"mean": np.stack([images.mean(axis=0) for images in classes]), "sd": sd}
