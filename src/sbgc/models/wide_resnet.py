"""The wide residual network as a classifier: how it scores an image, and how it is trained."""

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import optax
from flax import serialization
from jaxtyping import Array, Float

from sbgc.nets.wide_resnet import WideResNet
from sbgc.trainer import Images, Labels, Trainer, Variables, Views
from sbgc.types import ClassLogits, Image, Key, Scalar


@dataclass(frozen=True, eq=False)  # compared by identity, so that it hashes
class WideResNetClassifier:
    """p(y|x) by a network of z = 2 x / L - 1 with running statistics: an image's logits depend on no other image."""

    num_classes: int
    levels: int
    net: WideResNet
    variables: Variables

    def logits(self, x: Image, key: Key) -> ClassLogits:
        """log p(y|x) up to a constant; nothing is drawn at evaluation, so `key` is not used."""
        del key
        return self.net.apply(self.variables, _unit(x[None], self.levels), train=False)[0]


def load(spec: dict[str, Any], params: bytes) -> WideResNetClassifier:
    """The classifier of a spec and of its averaged variables {"params", "batch_stats"} as msgpack."""
    variables = jax.tree.map(jnp.asarray, serialization.msgpack_restore(params))
    return WideResNetClassifier(spec["dataset"]["num_classes"], spec["dataset"]["levels"], _net(spec), variables)


def trainer(spec: dict[str, Any]) -> Trainer:
    """Cross-entropy by SGD with Nesterov momentum on dequantized images (Zagoruyko & Komodakis 2016).

    Weight decay acts on every parameter and enters the momentum, as theirs. With `consistency` > 0, that many times the
    Jensen-Shannon divergence between the predictions for an image and for two AugMix views of it is added to its loss
    (Hendrycks et al. 2020, equation 1).
    """
    net, levels, settings = _net(spec), spec["dataset"]["levels"], spec["settings"]
    views = 3 if settings["consistency"] else 1

    @jax.jit
    def init(key: Key) -> Variables:
        return dict(net.init(key, jnp.zeros((1, *spec["dataset"]["image_shape"])), train=False))

    def loss(variables: Variables, images: Images | Views, labels: Labels, key: Key) -> tuple[Scalar, Any]:
        z, rngs = _unit(images.reshape(-1, *images.shape[-3:]), levels), {"dropout": key}
        logits, state = net.apply(variables, z, train=True, mutable=["batch_stats"], rngs=rngs)
        logits = logits.reshape(len(labels), views, -1)
        value = optax.softmax_cross_entropy_with_integer_labels(logits[:, 0], labels).mean()
        if views > 1:
            value += settings["consistency"] * jensen_shannon(logits).mean()
        return value, state["batch_stats"]

    return Trainer(init, loss, _optimizer(settings["optimizer"], settings["training"]["steps"]), views)


def jensen_shannon(logits: Float[Array, "batch views classes"]) -> Float[Array, " batch"]:
    """The mean over views of KL(p_view || the views' mean) in nats."""
    log_p = jax.nn.log_softmax(logits)
    log_mean = jax.nn.logsumexp(log_p, axis=1, keepdims=True) - jnp.log(logits.shape[1])
    return (jnp.exp(log_p) * (log_p - log_mean)).sum(axis=2).mean(axis=1)


def _net(spec: dict[str, Any]) -> WideResNet:
    settings = spec["settings"]
    sizes = {name: settings[name] for name in ("depth", "widen", "base_features", "dropout")}
    return WideResNet(**sizes, num_classes=spec["dataset"]["num_classes"])


def _unit(x: Images, levels: int) -> Images:
    return 2.0 * x / levels - 1.0


def _optimizer(settings: dict[str, Any], steps: int) -> optax.GradientTransformation:
    rate, stairs = settings["learning_rate"], settings["stairs"]
    if stairs is None:
        schedule = optax.cosine_decay_schedule(rate, steps)
    else:
        falls = {round(fraction * steps): stairs["factor"] for fraction in stairs["at"]}
        schedule = optax.piecewise_constant_schedule(rate, falls)
    descent = optax.sgd(schedule, momentum=settings["momentum"], nesterov=True)
    return optax.chain(optax.add_decayed_weights(settings["weight_decay"]), descent)
