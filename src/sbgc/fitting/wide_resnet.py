"""The wide residual network's training: cross-entropy by SGD with Nesterov momentum (Zagoruyko & Komodakis 2016)."""

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float

from sbgc import optimizers
from sbgc.config.models import WideResNetModel
from sbgc.config.spec import Spec, training_of
from sbgc.config.training import Nesterov
from sbgc.nets.wide_resnet import WideResNet
from sbgc.trainer import Images, Labels, Trainer, Variables, Views, following
from sbgc.types import Key, Scalar


def trainer(spec: Spec) -> Trainer:
    """Cross-entropy of dequantized images.

    Weight decay acts on every parameter and enters the momentum, as theirs. With `consistency` > 0, that many times the
    Jensen-Shannon divergence between the predictions for an image and for two AugMix views of it is added to its loss
    (Hendrycks et al. 2020, equation 1).
    """
    settings, levels = spec.settings, spec.dataset.levels
    assert isinstance(settings, WideResNetModel)
    assert settings.optimizer, f"{spec.model} is not trained"
    sizes = settings.model_dump(include={"depth", "widen", "base_features", "dropout"})
    net = WideResNet(**sizes, num_classes=spec.dataset.num_classes)
    views = 3 if settings.consistency else 1

    @jax.jit
    def init(key: Key, images: Images, labels: Labels) -> Variables:
        return dict(net.init(key, jnp.zeros((1, *spec.dataset.image_shape)), train=False))

    def loss(variables: Variables, images: Images | Views, labels: Labels, key: Key) -> tuple[Scalar, Variables]:
        z, rngs = 2.0 * images.reshape(-1, *images.shape[-3:]) / levels - 1.0, {"dropout": key}
        logits, state = net.apply(variables, z, train=True, mutable=["batch_stats"], rngs=rngs)
        logits = logits.reshape(len(labels), views, -1)
        value = optax.softmax_cross_entropy_with_integer_labels(logits[:, 0], labels).mean()
        if views > 1:
            value += settings.consistency * jensen_shannon(logits).mean()
        return value, dict(state)

    return Trainer(init, loss, _optimizer(settings.optimizer, training_of(spec).steps), views)


def jensen_shannon(logits: Float[Array, "batch views classes"]) -> Float[Array, " batch"]:
    """The mean over views of KL(p_view || the views' mean) in nats."""
    log_p = jax.nn.log_softmax(logits)
    log_mean = jax.nn.logsumexp(log_p, axis=1, keepdims=True) - jnp.log(logits.shape[1])
    return (jnp.exp(log_p) * (log_p - log_mean)).sum(axis=2).mean(axis=1)


def _optimizer(settings: Nesterov, steps: int) -> optax.GradientTransformation:
    stairs = settings.stairs.model_dump() if settings.stairs else {}
    schedule = optimizers.falling(settings.learning_rate, steps, **stairs)
    momentum = optax.trace(settings.momentum, nesterov=True)
    return optax.chain(optax.add_decayed_weights(settings.weight_decay), momentum, following(schedule))
