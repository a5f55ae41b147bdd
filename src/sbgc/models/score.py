"""The score-based generative classifier: a U-Net that predicts noise, bound to log p(x|y) by the probability flow.

SBGC section 2.
"""

import dataclasses
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import optax
from flax import serialization

from sbgc import closures, units
from sbgc.maths import fixed_grid, path_gradient, probability_flow, score_matching, sde
from sbgc.maths.path_gradient import ClassScores
from sbgc.maths.score_matching import Times
from sbgc.nets.unet import UNet
from sbgc.trainer import Images, Labels, Trainer, Variables
from sbgc.types import Draw, Image, Key, Keys, Label, LogProb, Scalar

POSITION_SCALE = 999.0  # the network sees 999 t, the discrete steps of DDPM (Song et al. 2021, appendix C)


@dataclass(frozen=True, eq=False)  # compared by identity, so that it hashes
class ScoreModel:
    """p(x|y) of the probability flow of a score network; `likelihood` names the procedure and its settings.

    start: sigma / alpha of the noise that is in an image already; the flow then begins at alpha z. 0: an image stands
    for x(t_min) itself.
    """

    num_classes: int
    levels: int
    image_shape: tuple[int, int, int]
    sde: sde.SDE
    net: UNet
    precision: str
    variables: Variables
    likelihood: dict[str, Any] | None
    start: float = 0.0

    def eps_hat(self, z: Image, t: Scalar, y: Label) -> Image:
        """The predicted noise of one image z on [-1, 1)^D at time t; -sigma(t) times the score."""
        return predict_noise(self.net, self.precision, self.variables, z[None], t[None], y[None])[0]

    def log_prob(self, x: Image, y: Label, key: Key, draw: Draw = 0) -> LogProb:
        """log p(x|y) in nats on [0, L)^D by the model's procedure; `key` and `draw` give the probes."""
        eps_hat, z = partial(self.eps_hat, y=y), self._shrink() * (2.0 * x / self.levels - 1.0)
        estimate = probability_flow.estimate(self.likelihood, self.sde, eps_hat, z, key, draw)
        return LogProb(estimate.value + self._log_det(), estimate.nfe)

    def _shrink(self) -> Scalar:
        """alpha where the flow begins: the factor from z = 2 x / L - 1 to it."""
        return self.sde.alpha(jnp.asarray(self.sde.t_min)) if self.start else jnp.ones(())

    def _log_det(self) -> Scalar:
        """log of the volume at the flow's beginning that belongs to a unit volume of x, in nats."""
        dim = math.prod(self.image_shape)
        return units.log_det_to_unit(self.levels, dim) + dim * jnp.log(self._shrink())

    def batched_logits(self) -> Callable[[Images, Keys, Draw], ClassScores]:
        """(images [n, H, W, C], keys [n], draw) -> log p(x|y) [n, classes] in nats, differentiable in x outside jit.

        `fast` discretizes first, with a checkpoint a node; `reference` takes the continuous adjoint (SBGC section 3.3).
        """
        settings = self.likelihood or {}
        if settings.get("procedure") != "fast":
            classes = jnp.arange(self.num_classes)
            of_image = jax.vmap(lambda x, y, key, draw: self.log_prob(x, y, key, draw).value, (None, 0, None, None))
            return closures.compiled(jax.vmap(lambda x, key, draw: of_image(x, classes, key, draw), (0, 0, None)))
        grid = {name: settings[name] for name in ("nodes", "num_probes", "family")}
        log_probs = path_gradient.class_log_probs(self.sde, self.eps_hat, self.num_classes, **grid)
        shrink, offset = self._shrink(), self._log_det()
        return lambda x, keys, draw: log_probs(shrink * (2.0 * x / self.levels - 1.0), keys, draw) + offset

    def sample(self, y: Label, key: Key, nodes: int) -> Image:
        """An image of class y on [0, L]^D: the probability flow from N(0, prior_std^2 I) back to t_min."""
        noise = self.sde.prior_std() * jax.random.normal(key, self.image_shape)
        z = fixed_grid.sample(self.sde, lambda z, t: self.eps_hat(z, t, y), noise, nodes)
        return jnp.clip(0.5 * (z + 1.0), 0.0, 1.0) * self.levels


def load(spec: dict[str, Any], params: bytes) -> ScoreModel:
    """The density of a spec and of its averaged variables as msgpack."""
    dataset, settings = spec["dataset"], spec["settings"]
    variables = {"params": jax.tree.map(jnp.asarray, serialization.msgpack_restore(params)["params"])}
    return ScoreModel(
        num_classes=dataset["num_classes"],
        levels=dataset["levels"],
        image_shape=tuple(dataset["image_shape"]),
        sde=_begun(sde.from_settings(settings["sde"]), spec.get("start", 0.0)),
        net=network(spec),
        precision=spec["settings"]["net"]["precision"],
        variables=variables,
        likelihood=spec.get("likelihood"),
        start=spec.get("start", 0.0),
    )


def _begun(process: sde.SDE, start: float) -> sde.SDE:
    """The process from the time at which sigma / alpha is `start`, unless that is 0."""
    of_any_kind: Any = process
    return dataclasses.replace(of_any_kind, t_min=float(process.time_of(jnp.asarray(start)))) if start else process


def trainer(spec: dict[str, Any]) -> Trainer:
    """Denoising score matching under the spec's weighting of time, by Adam with warm-up and clipping (SBGC A.1)."""
    net, settings = network(spec), spec["settings"]
    process, objective = sde.from_settings(settings["sde"]), settings["objective"]
    image = jnp.zeros((1, *spec["dataset"]["image_shape"]))

    def init(key: Key) -> Variables:
        return dict(net.init(key, image, jnp.zeros(1), jnp.zeros(1, jnp.int32)))

    def loss(variables: Variables, images: Images, labels: Labels, key: Key) -> tuple[Scalar, None]:
        time_key, noise_key, dropout_key = jax.random.split(key, 3)
        times, weights = score_matching.sample_times(process, time_key, len(images), **objective)

        def eps_hat(z: Images, times: Times) -> Any:
            dropout = {"train": True, "rngs": {"dropout": dropout_key}}
            return predict_noise(net, settings["net"]["precision"], variables, z, times, labels, **dropout)

        z = 2.0 * images / spec["dataset"]["levels"] - 1.0
        return score_matching.loss(process, eps_hat, z, times, weights, noise_key), None

    return Trainer(init, loss, _optimizer(settings["optimizer"], settings["training"]["steps"]))


def predict_noise(
    net: UNet, precision: str, variables: Variables, z: Images, times: Times, labels: Labels, **training: Any
) -> Images:
    """eps_hat of a batch, the network run in a precision: parameters and images are cast to it, the result back.

    "float32" casts nothing, so that float64 stays what it is.
    """
    given = z.dtype
    if precision == "bfloat16":
        variables, z = jax.tree.map(lambda leaf: leaf.astype(jnp.bfloat16), (variables, z))
    predicted: Any = net.apply(variables, z, POSITION_SCALE * times, labels, **training)
    return predicted.astype(given)


def network(spec: dict[str, Any]) -> UNet:
    """The spec's U-Net, without parameters."""
    settings = spec["settings"]["net"]
    return UNet(
        features=settings["features"],
        multipliers=tuple(settings["multipliers"]),
        blocks=settings["blocks"],
        attention_sizes=tuple(settings["attention_sizes"]),
        dropout=settings["dropout"],
        num_classes=spec["dataset"]["num_classes"],
    )


def _optimizer(settings: dict[str, Any], steps: int) -> optax.GradientTransformation:
    rate, warmup = settings["learning_rate"], settings["warmup_steps"]
    if settings["cosine_decay"]:
        schedule = optax.warmup_cosine_decay_schedule(0.0, rate, warmup, max(steps, warmup + 1))
    else:
        schedule = optax.linear_schedule(0.0, rate, warmup)
    return optax.chain(optax.clip_by_global_norm(settings["clip_norm"]), optax.adam(schedule))
