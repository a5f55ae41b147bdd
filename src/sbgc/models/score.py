"""The score-based generative classifier: a noise prediction, and the log p(x|y) of its probability flow (SBGC, 2).

How it is trained stands in fitting/score.py.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from sbgc import serialized, units
from sbgc.config.likelihoods import Elbo, Fast, Likelihood, Reference
from sbgc.config.models import ScoreModel as Settings
from sbgc.config.spec import Spec
from sbgc.maths import fixed_grid, path_gradient, probability_flow, sde
from sbgc.maths.path_gradient import ClassScores, Images
from sbgc.nets.noise_network import NoiseNetwork, Variables, forward_flop, node_flop
from sbgc.types import Draw, Image, Key, Keys, Label, LogProb, Scalar

# Of a solve at 1e-5 on CIFAR-10; a guess, since the solver chooses its own steps.
REFERENCE_EVALUATIONS = 120


@partial(
    jax.tree_util.register_dataclass,
    data_fields=["variables"],
    meta_fields=["num_classes", "levels", "image_shape", "sde", "network", "likelihood"],
)
@dataclass(frozen=True)
class ScoreModel:
    """p(x|y) of the probability flow of a score network, a pytree of its variables.

    likelihood: the procedure that estimates log p, and its settings; None where only samples are wanted.
    """

    num_classes: int
    levels: int
    image_shape: tuple[int, int, int]
    sde: sde.SDE
    network: NoiseNetwork
    likelihood: Likelihood | None
    variables: Variables

    def eps_hat(self, z: Image, t: Scalar, y: Label) -> Image:
        """The predicted noise of one image z on [-1, 1)^D at time t; -sigma(t) times the score."""
        return self.network.predict(self.variables, z[None], t[None], y[None])[0]

    def log_prob(self, x: Image, y: Label, key: Key, draw: Draw = 0) -> LogProb:
        """log p(x|y) in nats on [0, L)^D by the model's procedure; `key` and `draw` give the probes.

        Raises ValueError for a model that was loaded without a likelihood.
        """
        settings = self._settings()
        eps_hat, z = partial(self.eps_hat, y=y), self._unit(x)
        estimate = probability_flow.estimate(settings.pop("procedure"), self.sde, eps_hat, z, key, draw, **settings)
        return LogProb(estimate.value + self._log_det(), estimate.nfe)

    def batched_logits(self) -> Callable[[Images, Keys, Draw], ClassScores]:
        """(images [n, H, W, C], keys [n], draw) -> log p(x|y) [n, classes] in nats, differentiable in x outside jit.

        `fast` discretizes first, with a checkpoint a node; `reference` takes the continuous adjoint (SBGC section 3.3).
        """
        if not isinstance(self.likelihood, Fast):
            return partial(jax.jit(_class_log_probs), self)
        grid = {name: value for name, value in self._settings().items() if name != "procedure"}
        log_probs = path_gradient.class_log_probs(self.sde, _eps_hat, self, self.num_classes, **grid)
        return lambda x, keys, draw: log_probs(self._unit(x), keys, draw) + self._log_det()

    def sample(self, y: Label, key: Key, nodes: int) -> Image:
        """An image of class y on [0, L]^D: the probability flow from N(0, prior_std^2 I) back to t_min."""
        noise = self.sde.prior_std() * jax.random.normal(key, self.image_shape)
        z = fixed_grid.sample(self.sde, lambda z, t: self.eps_hat(z, t, y), noise, nodes)
        return jnp.clip(0.5 * (z + 1.0), 0.0, 1.0) * self.levels

    def _settings(self) -> dict[str, Any]:
        if self.likelihood is None:
            raise ValueError("log_prob needs likelihood settings: load the model with some")
        return self.likelihood.model_dump()

    def _unit(self, x: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
        return 2.0 * x / self.levels - 1.0

    def _log_det(self) -> float:
        """log |dz/dx| of the map from grey levels to [-1, 1)^D, in nats."""
        return units.log_det_to_unit(self.levels, math.prod(self.image_shape))


def _eps_hat(model: ScoreModel, z: Image, t: Scalar, y: Label) -> Image:
    return model.eps_hat(z, t, y)


def _class_log_probs(model: ScoreModel, x: Images, keys: Keys, draw: Draw) -> ClassScores:
    of_image = jax.vmap(lambda x, y, key: model.log_prob(x, y, key, draw).value, (None, 0, None))
    return jax.vmap(of_image, (0, None, 0))(x, jnp.arange(model.num_classes), keys)


def load(spec: Spec, params: bytes, likelihood: Likelihood | None = None) -> ScoreModel:
    """The density of a spec and of its averaged variables as msgpack.

    Raises ArtifactError when these are not the parameters of the spec's network.
    """
    network, shape = network_of(spec), spec.dataset.image_shape
    target = jax.eval_shape(lambda: network.init(jax.random.key(0), shape))
    variables = jax.tree.map(jnp.asarray, serialized.restore(target, params, f"parameters of {spec.model}"))
    process = sde.from_settings(_settings(spec).sde.model_dump())
    return ScoreModel(spec.dataset.num_classes, spec.dataset.levels, shape, process, network, likelihood, variables)


def network_of(spec: Spec) -> NoiseNetwork:
    """The spec's network, without variables."""
    return NoiseNetwork.create(spec.dataset.num_classes, **_settings(spec).net.model_dump())


def _settings(spec: Spec) -> Settings:
    assert isinstance(spec.settings, Settings)
    return spec.settings


def log_prob_flop(spec: Spec, likelihood: Likelihood) -> float:
    """FLOP of one log p(x|y) by a procedure; of `reference` for a guessed number of evaluations."""
    network, shape = network_of(spec), spec.dataset.image_shape
    match likelihood:
        case Elbo():
            return likelihood.samples * forward_flop(network, shape)
        case Reference():
            return REFERENCE_EVALUATIONS * node_flop(network, shape, 1)
    return likelihood.nodes * node_flop(network, shape, likelihood.num_probes)
