"""The IB-INN of a spec as a density (Mackowiak et al. 2021); how it is trained stands in fitting/ib_inn.py."""

from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from sbgc import serialized
from sbgc.config.likelihoods import Likelihood
from sbgc.config.models import IBINNModel
from sbgc.config.spec import Spec
from sbgc.nets import ib_inn
from sbgc.nets.ib_inn import IBINN
from sbgc.one_pass import OnePass, counted
from sbgc.types import ClassLogits, Draw, Image, Key, Label, LogProb, Vector


@partial(jax.tree_util.register_dataclass, data_fields=["variables"], meta_fields=["net"])
@dataclass(frozen=True)
class InvertibleClassifier(OnePass):
    """p(x|y) of an IB-INN, a pytree of its variables. It is exact, and all classes come from one pass."""

    net: IBINN
    variables: Any  # while it compiles, JAX puts descriptions of arrays in it

    def class_log_probs(self, x: Image, key: Key, draw: Draw = 0) -> LogProb:
        """log p(x|y) in nats on [0, L)^D of every class; neither `key` nor `draw` is used."""
        del key, draw
        found: Any = self.net.apply(self.variables, x[None])
        shared, logits = found
        return counted(shared[0] + logits[0])

    def logits(self, x: Image, key: Key) -> ClassLogits:
        """log p(y|x) in nats up to a constant, without what rounds in log p(x|y)."""
        del key
        found: Any = self.net.apply(self.variables, x[None])
        return found[1][0]

    def latent(self, x: Image) -> Vector:
        """z of an image."""
        found: Any = self.net.apply(self.variables, x[None], method="latent")
        return found[0][0]

    @property
    def class_means(self) -> Float[Array, "classes dim"]:
        """mu_y of every class."""
        means: Any = self.net.apply(self.variables, method="centers")
        return means

    def sample(self, y: Label, key: Key, nodes: int) -> Image:
        """An image of class y on [0, L]^D, in one pass: `nodes` are of other models' samplers."""
        del nodes
        return self.net.apply(self.variables, y[None], key, method="sample")[0]


def load(spec: Spec, params: bytes, likelihood: Likelihood | None = None) -> InvertibleClassifier:
    """The IB-INN of a spec and of its averaged variables as msgpack; nothing is to be chosen in how log p is computed.

    Raises ArtifactError when these are not the variables of the spec's network.
    """
    del likelihood
    assert isinstance(spec.settings, IBINNModel)
    net = ib_inn.of(spec.dataset.model_dump(), **spec.settings.model_dump(include={"net", "means"}))
    target = jax.eval_shape(partial(ib_inn.start, net), jax.random.key(0))
    variables = serialized.restore(target, params, f"parameters of {spec.model}")
    return InvertibleClassifier(net, jax.tree.map(jnp.asarray, variables))
