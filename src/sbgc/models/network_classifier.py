"""A network with running statistics as a classifier, whatever its layers. No configuration is needed here."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp

from sbgc import serialized
from sbgc.types import ClassLogits, Image, Key


@partial(jax.tree_util.register_dataclass, data_fields=["variables"], meta_fields=["num_classes", "levels", "net"])
@dataclass(frozen=True)
class NetworkClassifier:
    """p(y|x) by a network of z = 2 x / L - 1 with running statistics: an image's logits depend on no other image."""

    num_classes: int
    levels: int
    net: nn.Module
    variables: dict[str, Any]

    def logits(self, x: Image, key: Key) -> ClassLogits:
        """log p(y|x) up to a constant; nothing is drawn at evaluation, so `key` is not used."""
        del key
        return self.net.apply(self.variables, 2.0 * x[None] / self.levels - 1.0, train=False)[0]


def restored(
    net: nn.Module, image_shape: Sequence[int], num_classes: int, levels: int, params: bytes, what: str
) -> NetworkClassifier:
    """The classifier of a network and of its averaged variables as msgpack.

    what: names the parameters. Raises ArtifactError when these are not the parameters of the network.
    """
    target = jax.eval_shape(lambda: net.init(jax.random.key(0), jnp.zeros((1, *image_shape)), train=False))
    variables = jax.tree.map(jnp.asarray, serialized.restore(target, params, what))
    return NetworkClassifier(num_classes, levels, net, variables)
