"""Training as a chain of segments; each begins from a complete state and ends in one.

Nothing random is stored: the noise, the times and the batch of a step follow from (seed, step). A resumed run therefore
equals an uninterrupted one bit for bit, wherever it was cut.
"""

import math
from collections.abc import Iterator
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import serialization
from jaxtyping import Array

from sbgc import keys
from sbgc.artifacts import ArtifactError, Split
from sbgc.models import serialized
from sbgc.models.trainer import Images, Labels, Trainer, Variables
from sbgc.types import Key, Scalar


class TrainState(NamedTuple):
    """All that the next step needs; `step` counts the steps already taken."""

    step: Array
    variables: Variables
    ema: Variables
    optimizer: optax.OptState


class Report(NamedTuple):
    """What one step tells."""

    loss: Scalar
    grad_norm: Scalar


def initial_state(trainer: Trainer, seed: int) -> TrainState:
    """The state before the first step."""
    # Run once: without optimization the random numbers of all kernels compile three times faster.
    init = jax.jit(trainer.init, compiler_options={"xla_backend_optimization_level": 0})
    return _begin(trainer, init(keys.key_for(seed, "init")))


def _begin(trainer: Trainer, variables: Variables) -> TrainState:
    average = jax.tree.map(jnp.copy, variables)  # buffers of its own, since a step takes over those it is given
    return TrainState(jnp.zeros((), jnp.int32), variables, average, trainer.optimizer.init(variables["params"]))


@partial(jax.jit, static_argnums=(0, 1), donate_argnums=2)
def train_step(
    trainer: Trainer, ema_decay: float, state: TrainState, images: Images, labels: Labels, key: Key
) -> tuple[TrainState, Report]:
    """One descent step on a batch of grey-level images, dequantized here with fresh noise; it takes over `state`."""
    noise_key, loss_key = jax.random.split(jax.random.fold_in(key, state.step))
    dequantized = images + jax.random.uniform(noise_key, images.shape)

    def loss(params: Any) -> tuple[Scalar, Any]:
        return trainer.loss({**state.variables, "params": params}, dequantized, labels, loss_key)

    (value, mutable), gradient = jax.value_and_grad(loss, has_aux=True)(state.variables["params"])
    updates, optimizer = trainer.optimizer.update(gradient, state.optimizer, state.variables["params"])
    variables = {"params": optax.apply_updates(state.variables["params"], updates)}
    if mutable is not None:
        variables["batch_stats"] = mutable
    # From the start at `ema_decay`, the average would remember the initial weights for 1 / (1 - ema_decay) steps.
    decay = jnp.minimum(ema_decay, (1.0 + state.step) / (10.0 + state.step))
    ema = optax.incremental_update(variables, state.ema, 1.0 - decay)
    return TrainState(state.step + 1, variables, ema, optimizer), Report(value, optax.global_norm(gradient))


def batches(split: Split, seed: int, batch_size: int, start: int, stop: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Grey-level batches of steps start..stop-1: epochs are permutations keyed by (seed, epoch), laid end to end."""
    epoch, order = -1, np.empty(0, int)
    for step in range(start, stop):
        rows = []
        for position in range(step * batch_size, (step + 1) * batch_size):
            if position // len(split) != epoch:
                epoch = position // len(split)
                order = keys.generator_for(seed, "epoch", epoch).permutation(len(split))
            rows.append(order[position % len(split)])
        yield split.images[rows].astype(np.float32), split.labels[rows]


def segment_bounds(steps: int, segment: int, segments: int) -> tuple[int, int]:
    """First step of a segment, and first step after it."""
    return steps * segment // segments, steps * (segment + 1) // segments


def run(
    trainer: Trainer, spec: dict[str, Any], split: Split, seed: int, state: TrainState, stop: int
) -> Iterator[tuple[TrainState, Report]]:
    """Descend from `state` to step `stop`; yields after every step, and takes over what it yielded.

    Raises FloatingPointError when the loss or its gradient is not finite.
    """
    settings = spec["settings"]["training"]
    key = keys.key_for(seed, "train")
    for images, labels in batches(split, seed, settings["batch_size"], int(state.step), stop):
        state, report = train_step(trainer, settings["ema_decay"], state, images, labels, key)
        for name, value in report._asdict().items():
            if not math.isfinite(value):
                raise FloatingPointError(f"step {int(state.step)}: {name} is {value}; lower the learning rate")
        yield state, report


def loss_columns(spec: dict[str, Any], seed: int, losses: list[tuple[int, float, float]]) -> dict[str, Any]:
    """A table's columns of rows (step, loss, norm of the gradient before clipping), led by those that say of what."""
    return {
        "experiment": spec["experiment"],
        "dataset": spec["dataset"]["name"],
        "model": spec["model"],
        "kind": spec["settings"]["kind"],
        "seed": seed,
        "step": [step for step, _, _ in losses],
        "loss": [loss for _, loss, _ in losses],
        "grad_norm": [norm for _, _, norm in losses],
    }


def to_bytes(state: TrainState) -> bytes:
    """A complete train state as msgpack."""
    return serialization.msgpack_serialize(serialization.to_state_dict(state))


def from_bytes(trainer: Trainer, content: bytes) -> TrainState:
    """Read a train state back. Raises ArtifactError when it is not a state of this trainer."""
    target = jax.eval_shape(lambda: _begin(trainer, trainer.init(keys.key_for(0, "init"))))
    return serialized.restore(target, content, "a train state of this model")


def ema_variables(content: bytes) -> bytes:
    """The averaged variables of a serialized train state, serialized. Raises ArtifactError when it is not one."""
    try:
        return serialization.msgpack_serialize(serialization.msgpack_restore(content)["ema"])
    except Exception as error:  # damaged bytes make msgpack raise a dozen kinds of error
        raise ArtifactError(f"not a train state: {' '.join(str(error).split())[:200]}") from error
