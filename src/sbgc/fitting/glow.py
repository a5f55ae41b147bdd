"""The conditional flow's training, of a spec: likelihood, and as much classification as is asked for."""

import math
from typing import Any

import jax
import optax

from sbgc import optimizers
from sbgc.config.models import GlowModel
from sbgc.config.spec import Spec, training_of
from sbgc.config.training import FlowOptimizer
from sbgc.maths import hybrid
from sbgc.nets import conditional_flow
from sbgc.nets.fixed import FIXED
from sbgc.trainer import Images, Labels, Trainer, Variables, following
from sbgc.types import Key, Scalar

RULES = {"adam": optax.scale_by_adam, "adamax": optax.scale_by_adamax}


def trainer(spec: Spec) -> Trainer:
    """-log p(x|y) / D, plus the weighted cross-entropy of p(y|x) (Fetaya et al. 2020, equation 6).

    D counts the numbers of the image within its border. The cross-entropy of a split prior is that of its logits.
    """
    settings, dataset = spec.settings, spec.dataset
    assert isinstance(settings, GlowModel)
    assert settings.optimizer, f"{spec.model} is not trained"
    assert settings.classification is not None, f"{spec.model} is not trained"
    weight, border = settings.classification, settings.net.border
    net = conditional_flow.of(dataset.model_dump(), settings.model_dump(include={"net", "prior"}))
    height, width, channels = dataset.image_shape
    dimensions = math.prod((height + 2 * border, width + 2 * border, channels))

    def init(key: Key, images: Images, labels: Labels) -> Variables:
        del labels
        return dict(net.init(key, images, jax.random.split(key, len(images))))

    def loss(variables: Variables, images: Images, labels: Labels, key: Key) -> tuple[Scalar, Variables]:
        found: Any = net.apply(variables, images, jax.random.split(key, len(images)))
        log_probs, logits = found
        return hybrid.loss(log_probs, logits, labels, dimensions, weight), {FIXED: variables[FIXED]}

    return Trainer(init, loss, _optimizer(settings.optimizer, training_of(spec).steps))


def _optimizer(settings: FlowOptimizer, steps: int) -> optax.GradientTransformation:
    stairs = settings.stairs.model_dump() if settings.stairs else {}
    schedule = optimizers.warm(settings.learning_rate, settings.warmup_steps, steps, **stairs)
    rule = optax.chain(optax.clip_by_global_norm(settings.clip_norm), RULES[settings.rule](), following(schedule))
    return optax.flatten(rule)  # one vector in place of a hundred small arrays, each of which takes its time to start
