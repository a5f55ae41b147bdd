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
from sbgc.artifacts import ArtifactError, Calibration
from sbgc.config.likelihoods import AUTO, Elbo, Fast, Likelihood, Reference
from sbgc.config.models import ScoreModel as Settings
from sbgc.config.spec import Spec
from sbgc.maths import coordinates, fixed_grid, grids, path_gradient, probability_flow, sde
from sbgc.maths.coordinates import Coordinates
from sbgc.maths.path_gradient import ClassScores, Images
from sbgc.nets import network_cost
from sbgc.nets.noise_network import NoiseNetwork, Variables
from sbgc.types import Draw, Image, Key, Keys, Label, LogProb, Scalar

# Of a solve at 1e-5 on CIFAR-10; a guess, since the solver chooses its own steps.
REFERENCE_EVALUATIONS = 120
GUESSED_NODES = 30  # of a grid that is not calibrated yet


@partial(
    jax.tree_util.register_dataclass,
    data_fields=["variables", "coordinates"],
    meta_fields=["num_classes", "levels", "image_shape", "sde", "network", "likelihood", "placement"],
)
@dataclass(frozen=True)
class ScoreModel:
    """p(x|y) of the probability flow of a score network, a pytree of its variables and of its grids' coordinates.

    likelihood: the procedure that estimates log p, and its settings; None where only samples are wanted. placement: of
    the nodes of a grid.
    """

    num_classes: int
    levels: int
    image_shape: tuple[int, int, int]
    sde: sde.SDE
    network: NoiseNetwork
    likelihood: Likelihood | None
    placement: grids.Placement
    coordinates: Any  # Coordinates; while it compiles, JAX puts descriptions of arrays in it
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
        settings = {name: value for name, value in self._settings().items() if name != "procedure"}
        log_probs = path_gradient.class_log_probs(self.sde, _eps_hat, self, self.num_classes, **settings)
        return lambda x, keys, draw: log_probs(self._unit(x), keys, draw) + self._log_det()

    def sample(self, y: Label, key: Key, nodes: int) -> Image:
        """An image of class y on [0, L]^D: the probability flow from N(0, prior_std^2 I) back to t_min."""
        noise = self.sde.prior_std() * jax.random.normal(key, self.image_shape)
        z = fixed_grid.sample(lambda z, t: self.eps_hat(z, t, y), noise, self._grid(nodes))
        return jnp.clip(0.5 * (z + 1.0), 0.0, 1.0) * self.levels

    def _settings(self) -> dict[str, Any]:
        if self.likelihood is None:
            raise ValueError("log_prob needs likelihood settings: load the model with some")
        settings = self.likelihood.model_dump()
        nodes = settings.pop("nodes", None)
        return settings | {"grid": self._grid(nodes)} if nodes else settings

    def _grid(self, nodes: int) -> grids.Grid:
        return grids.grid(self.sde, nodes, self.placement, self.coordinates)

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


def load(
    spec: Spec, params: bytes, likelihood: Likelihood | None = None, calibration: Calibration | None = None
) -> ScoreModel:
    """The density of a spec and of its averaged variables as msgpack.

    calibration: of the grid of `fast`; without one the nodes are uniform in log(sigma / alpha) and the pixels are the
    axes. Raises ArtifactError when `params` are not the parameters of the spec's network, or when the calibration is of
    images of another shape.
    """
    network, shape = network_of(spec), spec.dataset.image_shape
    target = jax.eval_shape(lambda: network.init(jax.random.key(0), shape))
    variables = jax.tree.map(jnp.asarray, serialized.restore(target, params, f"parameters of {spec.model}"))
    process = sde.from_settings(_settings(spec).sde.model_dump())
    placement, axes = grids.UNIFORM, coordinates.isotropic(shape)
    if calibration is not None:
        placement, axes = grids.Placement(*map(float, calibration.placement)), _coordinates(calibration, shape)
        if isinstance(likelihood, Fast) and likelihood.nodes == AUTO:
            likelihood = likelihood.model_copy(update={"nodes": calibration.nodes})
    return ScoreModel(
        spec.dataset.num_classes,
        spec.dataset.levels,
        shape,
        process,
        network,
        likelihood,
        placement,
        axes.as_dtype(jnp.float32),
        variables,
    )


def _coordinates(calibration: Calibration, shape: tuple[int, int, int]) -> Coordinates:
    if calibration.mean.shape != shape:
        found = list(calibration.mean.shape)
        raise ArtifactError(f"the calibration is of images of shape {found}, expected {list(shape)}")
    basis = calibration.basis if calibration.basis.size else None
    return Coordinates(calibration.mean, calibration.variances, basis)


def network_of(spec: Spec) -> NoiseNetwork:
    """The spec's network, without variables."""
    return NoiseNetwork.create(spec.dataset.num_classes, **_settings(spec).net.model_dump())


def _settings(spec: Spec) -> Settings:
    assert isinstance(spec.settings, Settings)
    return spec.settings


def log_prob_flop(spec: Spec, likelihood: Likelihood) -> float | None:
    """FLOP of one log p(x|y) by a procedure; of `reference`, and of `fast` with `nodes: auto`, for guessed numbers.

    None where no backend of JAX counts them.
    """
    network, shape = network_of(spec), spec.dataset.image_shape
    match likelihood:
        case Elbo():
            times, each = likelihood.samples, network_cost.forward_flop(network, shape)
        case Reference():
            times, each = REFERENCE_EVALUATIONS, network_cost.node_flop(network, shape, 1)
        case Fast():
            nodes = GUESSED_NODES if likelihood.nodes == AUTO else int(likelihood.nodes)
            times, each = nodes, network_cost.node_flop(network, shape, likelihood.num_probes)
    return each and times * each
