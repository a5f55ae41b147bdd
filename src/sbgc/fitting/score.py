"""The score network's training, of a spec."""

from sbgc import optimizers
from sbgc.config.models import ScoreModel
from sbgc.config.spec import Spec, training_of
from sbgc.fitting import class_networks, denoising
from sbgc.maths import sde
from sbgc.nets import score_network
from sbgc.nets.class_networks import ClassNetworks
from sbgc.trainer import Trainer


def trainer(spec: Spec) -> Trainer:
    """Denoising score matching, of one network (fitting/denoising.py) or of several (fitting/class_networks.py)."""
    settings, images = spec.settings, spec.dataset
    assert isinstance(settings, ScoreModel)
    assert settings.objective, f"{spec.model} is not trained"
    assert settings.optimizer, f"{spec.model} is not trained"
    network = score_network.of(images.num_classes, **settings.model_dump(include={"net", "class_networks"}))
    optimizer = optimizers.adam(**settings.optimizer.model_dump(), steps=training_of(spec).steps)
    process, objective = sde.from_settings(settings.sde.model_dump()), settings.objective.model_dump()
    if isinstance(network, ClassNetworks):
        assert settings.class_networks
        shared = settings.class_networks.shared
        return class_networks.trainer(network, process, images.levels, images.image_shape, shared, objective, optimizer)
    return denoising.trainer(network, process, images.levels, images.image_shape, objective, optimizer)
