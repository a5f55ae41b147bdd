"""The density of a score-based generative classifier: log p(x|y) of its probability flow (SBGC, 2).

Its parts are given one by one: no configuration is needed here.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from sbgc import units
from sbgc.maths import fixed_grid, gap_map, grids, path_gradient, probability_flow, sde
from sbgc.maths.path_gradient import Classes, ClassScores, Images
from sbgc.nets.class_networks import ClassNetworks
from sbgc.nets.score_network import ScoreNetwork, Variables
from sbgc.types import Draw, Image, Key, Keys, Label, LogProb, Scalar


@partial(
    jax.tree_util.register_dataclass,
    data_fields=["variables", "coordinates", "gap_noise"],
    meta_fields=["num_classes", "levels", "image_shape", "sde", "network", "likelihood", "placement"],
)
@dataclass(frozen=True)
class ScoreModel:
    """p(x|y) of the probability flow of a score network, a pytree of its variables and of what was calibrated.

    likelihood: the settings of the procedure that estimates log p (config.likelihoods), hashable, with `procedure` and
    `model_dump`; None where only samples are wanted. placement: of the nodes of a grid. gap_noise: of the bound, by
    noise level (maths/elbo.py); None where its samples are spread evenly.
    """

    num_classes: int
    levels: int
    image_shape: tuple[int, int, int]
    sde: sde.SDE
    network: ScoreNetwork
    likelihood: Any
    placement: grids.Placement
    coordinates: Any  # Coordinates; while it compiles, JAX puts descriptions of arrays in it
    gap_noise: Any  # [cells]; as the coordinates
    variables: Variables

    def eps_hat(self, z: Image, t: Scalar, y: Label) -> Image:
        """The predicted noise of one image z on [-1, 1)^D at time t; -sigma(t) times the score."""
        return self.network.predict(self.variables, z[None], t[None], y[None])[0]

    def log_prob(self, x: Image, y: Label, key: Key, draw: Draw = 0) -> LogProb:
        """log p(x|y) in nats on [0, L)^D by the model's procedure; `key` and `draw` give the probes.

        Raises ValueError for a model that was loaded without a likelihood.
        """
        procedure, z = self._settings()["procedure"], self._unit(x)
        estimate = probability_flow.estimate(procedure, self.sde, self._of_class(y), z, key, draw, **self._options())
        return LogProb(estimate.value + self._log_det(), estimate.nfe)

    def class_log_probs(self, x: Image, key: Key, draw: Draw = 0) -> LogProb:
        """log p(x|y) [classes] in nats of every class; what the classes share of a grid's path is solved once."""
        settings = self._settings()
        if (shared := self._shared(settings)) == 0:
            return jax.vmap(lambda y: self.log_prob(x, y, key, draw))(jnp.arange(self.num_classes))
        z = self._unit(x)
        found = fixed_grid.class_log_probs(
            self.sde, self._of_class, self.num_classes, shared, z, key, draw=draw, **self._options()
        )
        return LogProb(found.value + self._log_det(), found.nfe)

    def gap_map(self, x: Image, a: Label, b: Label, key: Key, draw: Draw = 0) -> gap_map.GapMap:
        """Where log p(x|a) - log p(x|b) comes from, by pixel and noise level; for the procedure `fast` alone."""
        of_a, of_b = map(self._of_class, (a, b))
        return gap_map.gap_map(self.sde, of_a, of_b, self._unit(x), key, draw=draw, **self._options())

    def grid(self) -> grids.Grid:
        """The grid of the procedure `fast`."""
        return self._settings()["grid"]

    def batched_scores(self) -> tuple[Callable[[Any, Images, Keys, Draw, Classes], ClassScores], bool]:
        """(model, images [n, H, W, C], keys [n], draw, classes [n, m]) -> log p(x|y) [n, m] in nats.

        Beside it, whether JAX may trace it. `fast` discretizes first, with a checkpoint a node, and its gradient works
        outside jit alone; `reference` takes the continuous adjoint (SBGC section 3.3).
        """
        if self.likelihood is None or self.likelihood.procedure != "fast":
            return jax.jit(_log_probs), True
        log_probs = path_gradient.class_log_probs(self.sde, _eps_hat, **self._options())
        return lambda model, x, keys, draw, y: log_probs(model, self._unit(x), keys, draw, y) + self._log_det(), False

    def sample(self, y: Label, key: Key, nodes: int) -> Image:
        """An image of class y on [0, L]^D: the probability flow from N(0, prior_std^2 I) back to t_min."""
        noise = self.sde.prior_std() * jax.random.normal(key, self.image_shape)
        z = fixed_grid.sample(lambda z, t: self.eps_hat(z, t, y), noise, self._grid(nodes))
        return jnp.clip(0.5 * (z + 1.0), 0.0, 1.0) * self.levels

    def _of_class(self, y: Label) -> Callable[[Image, Scalar], Image]:
        return partial(self.eps_hat, y=y)

    def _options(self) -> dict[str, Any]:
        """What the procedure takes beside a field, an image and a key."""
        return {name: value for name, value in self._settings().items() if name != "procedure"}

    def _settings(self) -> dict[str, Any]:
        if self.likelihood is None:
            raise ValueError("log_prob needs likelihood settings: load the model with some")
        settings = self.likelihood.model_dump()
        if nodes := settings.pop("nodes", None):
            return settings | {"grid": self._grid(nodes)}
        return settings | ({"noise": self.gap_noise} if settings.pop("levels", None) else {})

    def _grid(self, nodes: int) -> grids.Grid:
        return grids.grid(self.sde, nodes, self.placement, self.coordinates)

    def _shared(self, settings: dict[str, Any]) -> int:
        """The number of first nodes at which one network predicts for all classes."""
        if settings["procedure"] != "fast" or not isinstance(self.network, ClassNetworks):
            return 0
        return int((settings["grid"].nodes.t.astype(np.float32) < np.float32(self.network.begin)).sum())

    def _unit(self, x: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
        return 2.0 * x / self.levels - 1.0

    def _log_det(self) -> float:
        """log |dz/dx| of the map from grey levels to [-1, 1)^D, in nats."""
        return units.log_det_to_unit(self.levels, math.prod(self.image_shape))


def _eps_hat(model: ScoreModel, z: Image, t: Scalar, y: Label) -> Image:
    return model.eps_hat(z, t, y)


def _log_probs(model: ScoreModel, x: Images, keys: Keys, draw: Draw, labels: Classes) -> ClassScores:
    of_image = jax.vmap(lambda x, y, key: model.log_prob(x, y, key, draw).value, (None, 0, None))
    return jax.vmap(of_image)(x, labels, keys)
