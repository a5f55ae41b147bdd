"""The score network's training, of a spec."""

import numpy as np

from sbgc import optimizers
from sbgc.config.models import ScoreModel
from sbgc.config.spec import Spec, training_of
from sbgc.fitting import denoising
from sbgc.maths import class_gaussians, sde
from sbgc.nets import corrected_gaussians, score_network
from sbgc.trainer import Trainer, Variables


def trainer(spec: Spec) -> Trainer:
    """Denoising score matching (fitting/denoising.py)."""
    settings, images = spec.settings, spec.dataset
    assert isinstance(settings, ScoreModel)
    assert settings.objective, f"{spec.model} is not trained"
    assert settings.optimizer, f"{spec.model} is not trained"
    found = denoising.trainer(
        score_network.of(images.num_classes, **settings.model_dump(include={"net", "sde", "gaussians"})),
        sde.from_settings(settings.sde.model_dump()),
        images.levels,
        images.image_shape,
        settings.objective.model_dump(),
        optimizers.adam(**settings.optimizer.model_dump(), steps=training_of(spec).steps),
    )
    if settings.gaussians is None:
        return found
    shrinkage, directions = settings.gaussians.shrinkage, settings.gaussians.directions

    def measured(grey: np.ndarray, labels: np.ndarray) -> Variables:
        moments = class_gaussians.of_images(grey, labels, images.levels, images.num_classes, directions, shrinkage)
        return {corrected_gaussians.MEASURED: moments._asdict()}

    return found._replace(measured=measured)
