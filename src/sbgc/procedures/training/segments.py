"""Training as a chain of segments, each of which begins with a complete state and ends with one.

No random state is stored: the noise, the times and the batch of a step follow from (seed, step). A resumed run
therefore equals an uninterrupted one bit for bit, wherever it was cut.
"""

import math
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import serialization

from sbgc import artifacts, devices, keys, serialized
from sbgc.artifacts import ArtifactError, Split
from sbgc.config.spec import Spec
from sbgc.procedures.training.descent import Report, Settings, TrainState, train_step
from sbgc.procedures.training.throughput import Meter, Throughput
from sbgc.trainer import Trainer, Variables, training_of

AHEAD = 4  # the number of steps that the host is ahead of the devices


def initial_state(trainer: Trainer, spec: Spec, split: Split, seed: int) -> TrainState:
    """The state before the first step; the trainer sees the first batch."""
    images, labels = next(batches(split, seed, training_of(spec).batch_size, 0, 1))
    noise = jax.random.uniform(keys.key_for(seed, "init-noise"), images.shape)
    # Run once: without optimization the random numbers of all kernels compile three times faster.
    init = jax.jit(trainer.init, compiler_options={"xla_backend_optimization_level": 0})
    return _begin(trainer, init(keys.key_for(seed, "init"), images + noise, jnp.asarray(labels, jnp.int32)))


def abstract_state(trainer: Trainer, spec: Spec) -> TrainState:
    """The shapes and dtypes of a state."""
    size, shape = training_of(spec).batch_size, spec.dataset.image_shape
    images, labels = jax.ShapeDtypeStruct((size, *shape), jnp.float32), jax.ShapeDtypeStruct((size,), jnp.int32)
    begin = lambda images, labels: _begin(trainer, trainer.init(keys.key_for(0, "init"), images, labels))  # noqa: E731
    return jax.eval_shape(begin, images, labels)


def _begin(trainer: Trainer, variables: Variables) -> TrainState:
    average = jax.tree.map(jnp.copy, variables)  # needs its own buffers, since a step reuses those that it is given
    return TrainState(jnp.zeros((), jnp.int32), variables, average, trainer.optimizer.init(variables["params"]))


def batches(split: Split, seed: int, batch_size: int, start: int, stop: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The grey-level batches of steps start..stop-1.

    An epoch is a permutation of the images, keyed by (seed, epoch). Epochs are laid end to end and cut into batches.
    """
    orders: dict[int, np.ndarray] = {}
    for step in range(start, stop):
        epochs, places = np.divmod(np.arange(step * batch_size, (step + 1) * batch_size), len(split))
        needed = range(epochs[0], epochs[-1] + 1)
        orders = {e: orders[e] if e in orders else _order(split, seed, e) for e in needed}
        rows = np.concatenate([orders[epoch][places[epochs == epoch]] for epoch in needed])
        yield split.images[rows].astype(np.float32), split.labels[rows]


def _order(split: Split, seed: int, epoch: int) -> np.ndarray:
    return keys.generator_for(seed, "epoch", epoch).permutation(len(split))


def segment_bounds(steps: int, segment: int, segments: int) -> tuple[int, int]:
    """The first step of a segment, and the first step after it."""
    return steps * segment // segments, steps * (segment + 1) // segments


def run(
    trainer: Trainer,
    spec: Spec,
    split: Split,
    seed: int,
    state: TrainState,
    stop: int,
    told: Callable[[int, float, float], None] = lambda step, loss, grad_norm: None,
) -> tuple[TrainState, Throughput]:
    """Descend from `state` to step `stop`, on all devices, and call `told` for every step in turn.

    `state` is donated: the caller may no longer read it. The host runs a few steps ahead of the devices, so that they
    never wait for a batch. Raises FloatingPointError when the loss or its gradient is not finite, and ArtifactError
    when a part of the batch is not a multiple of the number of devices.
    """
    settings, key = Settings.of(spec), keys.key_for(seed, "train")
    size = training_of(spec).batch_size
    part = size // settings.accumulation
    if part % devices.count():
        rule = f"must be a multiple of the {devices.count()} devices"
        raise ArtifactError(f"training.batch_size / accumulation = {part}: {rule}")
    meter, state, pending = Meter(), devices.everywhere(state), deque[tuple[int, Report]]()
    first = int(state.step)
    for step, (images, labels) in enumerate(batches(split, seed, size, first, stop), first + 1):
        batch = devices.spread((images, labels))
        meter.handed_over(pending[-1][1].loss if pending else None)
        state, report = train_step(trainer, settings, state, *batch, key)
        pending.append((step, report))
        if len(pending) > AHEAD:
            told(*_checked(*pending.popleft()))
            meter.finished(size)
    for late in pending:
        told(*_checked(*late))
        meter.finished(size)
    return state, meter.throughput()


def _checked(step: int, report: Report) -> tuple[int, float, float]:
    loss, norm = float(report.loss), float(report.grad_norm)
    for name, value in (("loss", loss), ("grad_norm", norm)):
        if not math.isfinite(value):
            raise FloatingPointError(f"step {step}: {name} is {value}; lower the learning rate")
    return step, loss, norm


def loss_columns(spec: Spec, seed: int, losses: list[tuple[int, float, float]]) -> dict[str, Any]:
    """A table's columns of rows (step, loss, norm of the gradient before clipping), led by those that say of what."""
    return {
        "experiment": spec.experiment,
        "dataset": spec.dataset.name,
        "model": spec.model,
        "kind": spec.settings.kind,
        "seed": seed,
        "step": [step for step, _, _ in losses],
        "loss": [loss for _, loss, _ in losses],
        "grad_norm": [norm for _, _, norm in losses],
    }


def to_bytes(state: TrainState) -> bytes:
    """A complete train state as msgpack."""
    return serialization.msgpack_serialize(serialization.to_state_dict(state))


def from_bytes(trainer: Trainer, spec: Spec, content: bytes) -> TrainState:
    """Read a train state back. Raises ArtifactError when it is not a state of this trainer."""
    state = serialized.restore(abstract_state(trainer, spec), content, f"a train state of {spec.model}")
    if not 0 <= int(state.step) <= training_of(spec).steps:
        raise ArtifactError(f"step is {int(state.step)}, expected 0 to {training_of(spec).steps}")
    return state


def read(trainer: Trainer, spec: Spec, path: Path) -> TrainState:
    """The train state that a file holds. Raises ArtifactError, which names the file, when it holds none."""
    with artifacts.reading(path) as file:
        return from_bytes(trainer, spec, file.read_bytes())


def ema_variables(content: bytes) -> bytes:
    """The averaged variables of a serialized train state, serialized again. Raises ArtifactError for anything else."""
    state = serialized.read_arrays(content, "a train state")
    if "ema" not in state:
        raise ArtifactError(f"not a train state: it holds {', '.join(sorted(state))}, expected ema among them")
    return serialization.msgpack_serialize(state["ema"])
