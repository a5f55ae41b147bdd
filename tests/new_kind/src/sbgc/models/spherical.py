"""A spherical Gaussian around the mean of each class."""

import math
from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from sbgc import serialized
from sbgc.config.likelihoods import Likelihood
from sbgc.config.spec import Spec
from sbgc.types import ClassLogits, Draw, Image, Key, Label, LogProb


@partial(jax.tree_util.register_dataclass, data_fields=["mean", "sd"], meta_fields=["num_classes"])
@dataclass(frozen=True)
class Spherical:
    """p(x|y) = N(x; mean_y, sd_y^2 I), in nats, on the scale of grey levels; a pytree."""

    num_classes: int
    mean: Float[Array, "classes dim"]
    sd: ClassLogits

    def log_prob(self, x: Image, y: Label, key: Key, draw: Draw = 0) -> LogProb:
        """log p(x|y) in nats, exact."""
        del key, draw
        standard = (x.reshape(-1) - self.mean[y]) / self.sd[y]
        volume = standard.size * (jnp.log(self.sd[y]) + 0.5 * math.log(2.0 * math.pi))
        return LogProb(-0.5 * jnp.sum(standard**2) - volume, jnp.asarray(1, jnp.int32))


def load(spec: Spec, params: bytes, likelihood: Likelihood | None = None) -> Spherical:
    """The density of a spec and of its fitted parameters. Raises ArtifactError when these are not its parameters."""
    del likelihood
    classes, dim = spec.dataset.num_classes, math.prod(spec.dataset.image_shape)
    shapes = {"mean": (classes, dim), "sd": (classes,)}
    target = {name: jax.ShapeDtypeStruct(shape, np.float64) for name, shape in shapes.items()}
    arrays = serialized.restore(target, params, f"parameters of {spec.model}")
    return Spherical(classes, jnp.asarray(arrays["mean"]), jnp.asarray(arrays["sd"]))
