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
from sbgc.one_pass import OnePass, counted
from sbgc.types import Draw, Image, Key, Label, LogProb


@partial(jax.tree_util.register_dataclass, data_fields=["variables"], meta_fields=["net"])
@dataclass(frozen=True)
class Flow(OnePass):
    """p(x|y) of a conditional flow, a pytree of its variables.

    log p is the lower bound that one draw of the noise beside the image estimates. All classes share the noise, and
    come from one pass.
    """

    net: ConditionalFlow
    variables: Any  # while it compiles, JAX puts descriptions of arrays in it

    def class_log_probs(self, x: Image, key: Key, draw: Draw = 0) -> LogProb:
        """log p(x|y) in nats on [0, L)^D of every class, from one pass."""
        keys = jax.random.fold_in(key, draw)[None]
        log_probs, _ = self.net.apply(self.variables, x[None], keys)
        return counted(log_probs[0])

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
