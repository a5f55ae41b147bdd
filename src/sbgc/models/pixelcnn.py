"""The conditional PixelCNN++ of a spec (Fetaya et al. 2020, E); how it is trained stands in fitting/pixelcnn.py."""

from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp

from sbgc import serialized
from sbgc.config.likelihoods import Likelihood
from sbgc.config.models import PixelCNNModel
from sbgc.config.spec import Spec
from sbgc.nets import conditional_pixelcnn
from sbgc.nets.conditional_pixelcnn import ConditionalPixelCNN
from sbgc.one_pass import OnePass, counted
from sbgc.types import Draw, Image, Key, Label, LogProb


@partial(jax.tree_util.register_dataclass, data_fields=["variables"], meta_fields=["net"])
@dataclass(frozen=True)
class Autoregressive(OnePass):
    """p(x|y) = P(k|y) for x in the cell [k, k + 1) of grey levels: the density that a discrete model has there.

    So its log p on [0, L)^D integrates to 1, like that of densities. The noise of dequantization changes nothing of an
    image of whole grey levels, all of whose draws are the same; between the levels it rounds at random.
    """

    net: ConditionalPixelCNN
    variables: Any  # while it compiles, JAX puts descriptions of arrays in it

    def class_log_probs(self, x: Image, key: Key, draw: Draw = 0) -> LogProb:
        """log p(x|y) in nats of every class, exact: neither `key` nor `draw` is used.

        The gradient in x is that of the grey levels as if they were not rounded down.
        """
        del key, draw
        level = jnp.clip(jnp.floor(x), 0.0, self.net.grey_levels - 1.0)
        grey = x + jax.lax.stop_gradient(level - x)
        return counted(self.net.apply(self.variables, grey[None])[0])

    def sample(self, y: Label, key: Key, nodes: int) -> Image:
        """An image of class y, in the middle of its cell; `nodes` are of other models' samplers."""
        del nodes
        return self.net.apply(self.variables, y[None], key, method="sample")[0] + 0.5


def load(spec: Spec, params: bytes, likelihood: Likelihood | None = None) -> Autoregressive:
    """The model of a spec and of its averaged variables as msgpack; nothing is to be chosen in how log p is computed.

    Raises ArtifactError when these are not the variables of the spec's network.
    """
    del likelihood
    assert isinstance(spec.settings, PixelCNNModel)
    net = conditional_pixelcnn.of(spec.dataset.model_dump(), spec.settings.model_dump(include={"net"}))
    target = jax.eval_shape(lambda: net.init(jax.random.key(0), jnp.zeros((1, *net.image_shape))))
    variables = serialized.restore(target, params, f"parameters of {spec.model}")
    return Autoregressive(net, jax.tree.map(jnp.asarray, variables))
