"""The wide residual network as a classifier. How it is trained stands in fitting/wide_resnet.py."""

from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp

from sbgc import serialized
from sbgc.config.likelihoods import Likelihood
from sbgc.config.spec import Spec
from sbgc.nets.wide_resnet import WideResNet
from sbgc.types import ClassLogits, Image, Key


@partial(jax.tree_util.register_dataclass, data_fields=["variables"], meta_fields=["num_classes", "levels", "net"])
@dataclass(frozen=True)
class WideResNetClassifier:
    """p(y|x) by a network of z = 2 x / L - 1 with running statistics: an image's logits depend on no other image."""

    num_classes: int
    levels: int
    net: WideResNet
    variables: dict[str, Any]

    def logits(self, x: Image, key: Key) -> ClassLogits:
        """log p(y|x) up to a constant; nothing is drawn at evaluation, so `key` is not used."""
        del key
        return self.net.apply(self.variables, 2.0 * x[None] / self.levels - 1.0, train=False)[0]


def load(spec: Spec, params: bytes, likelihood: Likelihood | None = None) -> WideResNetClassifier:
    """The classifier of a spec and of its averaged variables as msgpack; it has no likelihood.

    Raises ArtifactError when these are not the parameters of the spec's network.
    """
    del likelihood
    sizes = spec.settings.model_dump(include={"depth", "widen", "base_features", "dropout"})
    net = WideResNet(**sizes, num_classes=spec.dataset.num_classes)
    target = jax.eval_shape(lambda: net.init(jax.random.key(0), jnp.zeros((1, *spec.dataset.image_shape)), train=False))
    variables = jax.tree.map(jnp.asarray, serialized.restore(target, params, f"parameters of {spec.model}"))
    return WideResNetClassifier(spec.dataset.num_classes, spec.dataset.levels, net, variables)
