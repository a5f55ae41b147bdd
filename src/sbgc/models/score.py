"""The score-based generative classifier of a spec; how it is trained stands in fitting/score.py."""

import jax
import jax.numpy as jnp

from sbgc import serialized
from sbgc.artifacts import ArtifactError, Calibration
from sbgc.config.likelihoods import AUTO, GAPS, Elbo, Fast, Likelihood, Reference
from sbgc.config.models import ScoreModel as Settings
from sbgc.config.spec import Spec
from sbgc.maths import coordinates, grids, sde
from sbgc.maths.coordinates import Coordinates
from sbgc.models.score_density import ScoreModel
from sbgc.nets import network_cost, score_network
from sbgc.nets.score_network import ScoreNetwork

# Of a solve at 1e-5 on CIFAR-10; a guess, since the solver chooses its own steps.
REFERENCE_EVALUATIONS = 120
GUESSED_NODES = 30  # of a grid that is not calibrated yet


def load(
    spec: Spec, params: bytes, likelihood: Likelihood | None = None, calibration: Calibration | None = None
) -> ScoreModel:
    """The density of a spec and of its averaged variables as msgpack.

    calibration: of the grid of `fast` and of the noise levels of `elbo`; without one the nodes are uniform in
    log(sigma / alpha), the pixels are the axes, and the levels are spread evenly. Raises ArtifactError when `params`
    are not the parameters of the spec's network, or when the calibration is of images of another shape.
    """
    network, shape = network_of(spec), spec.dataset.image_shape
    target = jax.eval_shape(lambda: network.init(jax.random.key(0), shape))
    variables = jax.tree.map(jnp.asarray, serialized.restore(target, params, f"parameters of {spec.model}"))
    process = sde.from_settings(_settings(spec).sde.model_dump())
    placement, axes, noise = grids.UNIFORM, coordinates.isotropic(shape), None
    if calibration is not None:
        placement, axes = grids.Placement(*map(float, calibration.placement)), _coordinates(calibration, shape)
        if isinstance(likelihood, Fast) and likelihood.nodes == AUTO:
            likelihood = likelihood.model_copy(update={"nodes": calibration.nodes})
        if isinstance(likelihood, Elbo) and likelihood.levels == GAPS:
            noise = jnp.asarray(calibration.gap_noise, jnp.float32)
    return ScoreModel(
        spec.dataset.num_classes,
        spec.dataset.levels,
        shape,
        process,
        network,
        likelihood,
        placement,
        axes.as_dtype(jnp.float32),
        noise,
        variables,
    )


def _coordinates(calibration: Calibration, shape: tuple[int, int, int]) -> Coordinates:
    if calibration.mean.shape != shape:
        found = list(calibration.mean.shape)
        raise ArtifactError(f"the calibration is of images of shape {found}, expected {list(shape)}")
    basis = calibration.basis if calibration.basis.size else None
    return Coordinates(calibration.mean, calibration.variances, basis)


def network_of(spec: Spec) -> ScoreNetwork:
    """The spec's network, without variables."""
    settings = _settings(spec).model_dump(include={"net", "class_networks"})
    return score_network.of(spec.dataset.num_classes, **settings)


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
