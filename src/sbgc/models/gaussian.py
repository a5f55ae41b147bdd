"""One full-covariance Gaussian per class: the sanity baseline whose likelihood is a closed form."""

import math
from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from sbgc import serialized
from sbgc.config.likelihoods import Likelihood
from sbgc.config.spec import Spec
from sbgc.types import ClassLogits, Draw, Image, Key, Label, LogProb


@partial(jax.tree_util.register_dataclass, data_fields=["mean", "whiten", "log_scale"], meta_fields=["num_classes"])
@dataclass(frozen=True)
class Gaussian:
    """p(x|y) = N(x; mu_y, Sigma_y), in nats with respect to Lebesgue measure in grey levels; a pytree.

    The mass that it puts outside the cube [0, L)^D is lost to it, not renormalized: its bits/dim are honest, a little
    high. mean: [classes, D]. whiten: inverse Cholesky factors [classes, D, D]. log_scale: log-density at the mean
    [classes].
    """

    num_classes: int
    mean: Any  # not checked as arrays: while it compiles, JAX puts descriptions of arrays in their place
    whiten: Any
    log_scale: Any

    def log_prob(self, x: Image, y: Label, key: Key, draw: Draw = 0) -> LogProb:
        """log p(x|y) in nats, exact; nothing is estimated, so neither `key` nor `draw` is used."""
        del key, draw
        standard = self.whiten[y] @ (x.reshape(-1) - self.mean[y])
        return LogProb(self.log_scale[y] - 0.5 * jnp.sum(standard**2), jnp.asarray(1, jnp.int32))

    def logits(self, x: Image, key: Key) -> ClassLogits:
        """log p(x|y) of every class: log p(y|x) up to a constant, the class prior being uniform."""
        return jax.vmap(lambda y: self.log_prob(x, y, key).value)(jnp.arange(self.num_classes))


def load(spec: Spec, params: bytes, likelihood: Likelihood | None = None) -> Gaussian:
    """The model of a spec and of the parameters that fitting/gaussian.py made; there is nothing to estimate.

    Factors are inverted in float64, then rounded. Raises ArtifactError when these are not its parameters.
    """
    del likelihood
    classes, dim = spec.dataset.num_classes, math.prod(spec.dataset.image_shape)
    shapes = {"mean": (classes, dim), "chol": (classes, dim, dim)}
    target = {name: jax.ShapeDtypeStruct(shape, np.float64) for name, shape in shapes.items()}
    arrays = serialized.restore(target, params, f"parameters of {spec.model}")
    mean, chol = arrays["mean"], arrays["chol"]
    log_scale = -np.log(np.diagonal(chol, axis1=1, axis2=2)).sum(axis=1) - 0.5 * dim * math.log(2.0 * math.pi)
    return Gaussian(classes, jnp.asarray(mean), jnp.asarray(np.linalg.inv(chol)), jnp.asarray(log_scale))
