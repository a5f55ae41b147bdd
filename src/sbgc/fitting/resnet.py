"""The residual network's training: cross-entropy by SGD with momentum (He et al. 2016, sections 3.4 and 4.2)."""

from sbgc import optimizers
from sbgc.config.models import ResNetModel
from sbgc.config.spec import Spec, training_of
from sbgc.fitting import cross_entropy, inner_attack
from sbgc.nets.resnet import ResNet
from sbgc.trainer import Trainer


def trainer(spec: Spec) -> Trainer:
    """Cross-entropy of dequantized images, attacked or with consistency between views where the spec asks for it."""
    settings, images = spec.settings, spec.dataset
    assert isinstance(settings, ResNetModel)
    assert settings.optimizer, f"{spec.model} is not trained"
    sizes = settings.model_dump(include={"stem", "block", "blocks", "features"})
    net = ResNet(**sizes, num_classes=images.num_classes)
    optimizer = optimizers.sgd(**settings.optimizer.model_dump(), steps=training_of(spec).steps)
    attack = inner_attack.from_settings(settings.adversarial, images.levels)
    return cross_entropy.trainer(net, images.image_shape, images.levels, settings.consistency, attack, optimizer)
