"""The wide residual network's training: cross-entropy by SGD with Nesterov momentum (Zagoruyko & Komodakis 2016)."""

from sbgc import optimizers
from sbgc.config.models import WideResNetModel
from sbgc.config.spec import Spec, training_of
from sbgc.fitting import cross_entropy, inner_attack
from sbgc.nets.wide_resnet import WideResNet
from sbgc.trainer import Trainer


def trainer(spec: Spec) -> Trainer:
    """Cross-entropy of dequantized images, attacked or with consistency between views where the spec asks for it."""
    settings, images = spec.settings, spec.dataset
    assert isinstance(settings, WideResNetModel)
    assert settings.optimizer, f"{spec.model} is not trained"
    sizes = settings.model_dump(include={"depth", "widen", "base_features", "dropout"})
    net = WideResNet(**sizes, num_classes=images.num_classes)
    optimizer = optimizers.sgd(**settings.optimizer.model_dump(), steps=training_of(spec).steps, nesterov=True)
    attack = inner_attack.from_settings(settings.adversarial, images.levels)
    return cross_entropy.trainer(net, images.image_shape, images.levels, settings.consistency, attack, optimizer)
