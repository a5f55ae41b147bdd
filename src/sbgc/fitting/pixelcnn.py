"""The conditional PixelCNN++'s training, of a spec: likelihood, and as much classification as is asked for."""

import math
from typing import Any

import jax
import jax.numpy as jnp

from sbgc import optimizers
from sbgc.config.models import PixelCNNModel
from sbgc.config.spec import Spec, training_of
from sbgc.maths import hybrid
from sbgc.nets import conditional_pixelcnn
from sbgc.trainer import Images, Labels, Trainer, Variables
from sbgc.types import Key, Scalar


def trainer(spec: Spec) -> Trainer:
    """-log P(x|y) / D, plus alpha times the cross-entropy of P(y|x) (Fetaya et al. 2020, appendix E).

    Images come dequantized, as for all models, and are rounded down again. In float32 a level k >= 128 comes back as
    k + 1 once in 10^5 pixels.
    """
    settings, dataset = spec.settings, spec.dataset
    assert isinstance(settings, PixelCNNModel)
    assert settings.optimizer, f"{spec.model} is not trained"
    assert settings.classification is not None, f"{spec.model} is not trained"
    weight, dimensions = settings.classification, math.prod(dataset.image_shape)
    net = conditional_pixelcnn.of(dataset.model_dump(), settings.model_dump(include={"net"}))

    @jax.jit
    def init(key: Key, images: Images, labels: Labels) -> Variables:
        del images, labels
        return dict(net.init(key, jnp.zeros((1, *dataset.image_shape))))

    def loss(variables: Variables, images: Images, labels: Labels, key: Key) -> tuple[Scalar, Variables]:
        log_probs: Any = net.apply(variables, jnp.floor(images), train=True, rngs={"dropout": key})
        return hybrid.loss(log_probs, log_probs, labels, dimensions, weight), {}

    adam = optimizers.adam(**settings.optimizer.model_dump(), steps=training_of(spec).steps)
    return Trainer(init, loss, adam)
