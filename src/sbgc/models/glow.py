"""The conditional flow of a spec as a density (Fetaya et al. 2020); how it is trained stands in fitting/glow.py."""

from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp

from sbgc import serialized
from sbgc.config.likelihoods import Likelihood
from sbgc.config.models import GlowModel
from sbgc.config.spec import Spec
from sbgc.nets import conditional_flow
from sbgc.nets.conditional_flow import ConditionalFlow
from sbgc.types import ClassLogits, Draw, Image, Key, Label, LogProb, Vector


@partial(jax.tree_util.register_dataclass, data_fields=["variables"], meta_fields=["net"])
@dataclass(frozen=True)
class Flow:
    """p(x|y) of a conditional flow, a pytree of its variables.

    log p is the lower bound that one draw of the noise beside the image estimates. All classes share the noise, and
    come from one pass.
    """

    net: ConditionalFlow
    variables: Any  # while it compiles, JAX puts descriptions of arrays in it

    @property
    def num_classes(self) -> int:
        """The number of classes of the prior."""
        return self.net.num_classes

    def class_log_probs(self, x: Image, key: Key, draw: Draw = 0) -> LogProb:
        """log p(x|y) in nats on [0, L)^D of every class. The one pass is counted with the first class."""
        keys = jax.random.fold_in(key, draw)[None]
        log_probs, _ = self.net.apply(self.variables, x[None], keys)
        return LogProb(log_probs[0], jnp.zeros(self.num_classes, jnp.int32).at[0].set(1))

    def log_prob(self, x: Image, y: Label, key: Key, draw: Draw = 0) -> LogProb:
        """log p(x|y) in nats of one class, at the cost of all."""
        found = self.class_log_probs(x, key, draw)
        return LogProb(found.value[y], found.nfe.sum())

    def logits(self, x: Image, key: Key) -> ClassLogits:
        """log p(x|y) of every class: log p(y|x) up to a constant, the class prior being uniform."""
        return self.class_log_probs(x, key).value

    def latent(self, x: Image, key: Key) -> Vector:
        """The latent at the top, which alone depends on the class."""
        return self.net.apply(self.variables, x[None], key[None], method="latent")[0]

    def sample(self, y: Label, key: Key, nodes: int) -> Image:
        """An image of class y on [0, L]^D, in one pass: `nodes` are of other models' samplers."""
        del nodes
        return self.net.apply(self.variables, y[None], key, method="sample")[0]


def load(spec: Spec, params: bytes, likelihood: Likelihood | None = None) -> Flow:
    """The flow of a spec and of its averaged variables as msgpack; there is nothing to choose in how log p is computed.

    Raises ArtifactError when these are not the variables of the spec's network.
    """
    del likelihood
    assert isinstance(spec.settings, GlowModel)
    net = conditional_flow.of(spec.dataset.model_dump(), spec.settings.model_dump(include={"net", "prior"}))
    target = jax.eval_shape(partial(conditional_flow.start, net), jax.random.key(0))
    variables = serialized.restore(target, params, f"parameters of {spec.model}")
    return Flow(net, jax.tree.map(jnp.asarray, variables))
