"""The IB-INN's training, of a spec: the information bottleneck by SGD with momentum."""

import math
from typing import Any

import jax
import optax

from sbgc import optimizers
from sbgc.config.models import IBINNModel
from sbgc.config.spec import Spec, training_of
from sbgc.maths import information_bottleneck
from sbgc.nets import ib_inn
from sbgc.nets.fixed import FIXED
from sbgc.trainer import Images, Labels, Trainer, Variables
from sbgc.types import Key, Scalar


def trainer(spec: Spec) -> Trainer:
    """The loss of equations 5 to 7 on images with a little normal noise beside that of dequantization."""
    settings, dataset = spec.settings, spec.dataset
    assert isinstance(settings, IBINNModel)
    assert settings.optimizer, f"{spec.model} is not trained"
    assert settings.bottleneck, f"{spec.model} is not trained"
    bottleneck, dimensions = settings.bottleneck, math.prod(dataset.image_shape)
    beta = math.inf if isinstance(bottleneck.beta, str) else bottleneck.beta  # the only text is "infinity"
    net = ib_inn.of(dataset.model_dump(), **settings.model_dump(include={"net", "means"}))

    def init(key: Key, images: Images, labels: Labels) -> Variables:
        del labels
        return dict(net.init(key, images))

    def loss(variables: Variables, images: Images, labels: Labels, key: Key) -> tuple[Scalar, Variables]:
        noise = bottleneck.noise * dataset.levels * jax.random.normal(key, images.shape)
        found: Any = net.apply(variables, images + noise)
        shared, logits = found
        value = information_bottleneck.loss(shared, logits, labels, dimensions, beta, bottleneck.smoothing)
        return value, {FIXED: variables[FIXED]}

    optimizer = optimizers.sgd(**settings.optimizer.model_dump(), steps=training_of(spec).steps)
    return Trainer(init, loss, optax.flatten(optimizer))
