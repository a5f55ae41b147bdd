"""The conditional PixelCNN++'s training, of a spec: likelihood, and as much classification as is asked for."""

import math
from typing import Any

import jax
import jax.numpy as jnp

from sbgc import optimizers
from sbgc.config.models import PixelCNNModel
from sbgc.config.spec import Spec, training_of
from sbgc.maths import hybrid
from sbgc.nets.conditional_pixelcnn import ConditionalPixelCNN
from sbgc.trainer import Images, Labels, Trainer, Variables
from sbgc.types import Key, Scalar


def trainer(spec: Spec) -> Trainer:
    """-log P(x|y) / D, plus alpha times the cross-entropy of P(y|x) (Fetaya et al. 2020, appendix E).

    Images come dequantized, as for all models, and are rounded down to the grey levels that they were.
    """
    settings, dataset = spec.settings, spec.dataset
    assert isinstance(settings, PixelCNNModel)
    assert settings.optimizer, f"{spec.model} is not trained"
    assert settings.classification is not None, f"{spec.model} is not trained"
    weight, dimensions = settings.classification, math.prod(dataset.image_shape)
    sizes = settings.net.model_dump()
    net = ConditionalPixelCNN(dataset.levels, dataset.image_shape, dataset.num_classes, **sizes)

    @jax.jit
    def init(key: Key, images: Images, labels: Labels) -> Variables:
        del images, labels
        return dict(net.init(key, jnp.zeros((1, *dataset.image_shape))))

    def loss(variables: Variables, images: Images, labels: Labels, key: Key) -> tuple[Scalar, Variables]:
        log_probs: Any = net.apply(variables, jnp.floor(images), train=True, rngs={"dropout": key})
        return hybrid.loss(log_probs, log_probs, labels, dimensions, weight), {}

    adam = optimizers.adam(**settings.optimizer.model_dump(), steps=training_of(spec).steps)
    return Trainer(init, loss, adam)
