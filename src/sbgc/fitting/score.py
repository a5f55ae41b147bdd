"""The score network's training, of a spec."""

from sbgc.config.models import ScoreModel
from sbgc.config.spec import Spec, training_of
from sbgc.fitting import denoising
from sbgc.maths import sde
from sbgc.nets.noise_network import NoiseNetwork
from sbgc.trainer import Trainer


def trainer(spec: Spec) -> Trainer:
    """Denoising score matching (fitting/denoising.py)."""
    settings, images = spec.settings, spec.dataset
    assert isinstance(settings, ScoreModel)
    assert settings.objective, f"{spec.model} is not trained"
    assert settings.optimizer, f"{spec.model} is not trained"
    return denoising.trainer(
        NoiseNetwork.create(images.num_classes, **settings.net.model_dump()),
        sde.from_settings(settings.sde.model_dump()),
        images.levels,
        images.image_shape,
        settings.objective.model_dump(),
        denoising.adam(**settings.optimizer.model_dump(), steps=training_of(spec).steps),
    )
