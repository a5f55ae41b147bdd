"""Training as a chain of segments, each of which begins with a complete state and ends with one.

No random state is stored: the noise, the times and the batch of a step follow from (seed, step). A resumed run
therefore equals an uninterrupted one bit for bit, wherever it was cut.
"""

import contextlib
import math
from collections import deque
from collections.abc import Callable
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from sbgc import devices, keys
from sbgc.artifacts import ArtifactError, Split, StoredImages
from sbgc.maths import augmentation
from sbgc.procedures.training import windows
from sbgc.procedures.training.clock import Clock
from sbgc.procedures.training.descent import Report, Settings, TrainState, train_steps
from sbgc.procedures.training.throughput import Meter, Throughput
from sbgc.trainer import Images, Labels, Trainer
from sbgc.types import Key

AHEAD = 4  # times that the host hands steps over to an accelerator before it waits for the first of them
TOGETHER = 10  # steps that are handed over at a time to an accelerator, which takes less time for one than the host


def initial_state(trainer: Trainer, settings: Settings, split: Split, seed: int) -> TrainState:
    """The state before the first step; the trainer sees the first batch."""
    rows = _batches(settings, seed).rows(split.labels, 0, 1)[0]
    images, labels = split.images[rows].astype(np.float32), split.labels[rows].astype(np.int32)
    held = augmentation.surroundings_of(settings.crops)
    images = images[:, held : images.shape[1] - held, held : images.shape[2] - held]
    # Run once, so on the host, and without optimization: the random numbers of all kernels compile three times faster.
    begin = jax.jit(partial(_begin, trainer), compiler_options={"xla_backend_optimization_level": 0})
    with jax.default_device(devices.host()):
        noise = jax.random.uniform(keys.key_for(seed, "init-noise"), images.shape)
        return begin(keys.key_for(seed, "init"), images + noise, jnp.asarray(labels))


def abstract_state(trainer: Trainer, settings: Settings, image_shape: tuple[int, int, int]) -> TrainState:
    """The shapes and dtypes of a state."""
    size = settings.batch_size
    images, labels = jax.ShapeDtypeStruct((size, *image_shape), jnp.float32), jax.ShapeDtypeStruct((size,), jnp.int32)
    return jax.eval_shape(partial(_begin, trainer), keys.key_for(0, "init"), images, labels)


def _begin(trainer: Trainer, key: Key, images: Images, labels: Labels) -> TrainState:
    variables = trainer.init(key, images, labels)
    average = jax.tree.map(jnp.copy, variables)  # needs its own buffers, since a step reuses those that it is given
    return TrainState(jnp.zeros((), jnp.int32), variables, average, trainer.optimizer.init(variables["params"]))


def segment_bounds(steps: int, segment: int, segments: int) -> tuple[int, int]:
    """The first step of a segment, and the first step after it."""
    return steps * segment // segments, steps * (segment + 1) // segments


def run(
    trainer: Trainer,
    settings: Settings,
    split: Split,
    seed: int,
    state: TrainState,
    stop: int,
    told: Callable[[int, float, float], None] = lambda step, loss, grad_norm: None,
    clock: Clock | None = None,
    together: int | None = None,
) -> tuple[TrainState, Throughput]:
    """Descend from `state` to step `stop`, on all devices, and call `told` for every step in turn.

    clock: says where on its schedule the optimizer is, and may end the training before `stop`. together: how many steps
    are handed over at a time; None as suits the devices, and it changes no result. `state` is donated: the caller may
    no longer read it. The host is some hand-overs ahead of accelerators, so that they never wait. On a CPU it is not:
    a step that waits for the last one holds a thread that the last one needs, and two threads take a quarter longer.
    Raises FloatingPointError when the loss or its gradient is not finite, and ArtifactError when a part of the batch is
    not a multiple of the number of devices.
    """
    _check_devices(settings)
    ahead, most = (0, 1) if jax.default_backend() == "cpu" else (AHEAD, TOGETHER)
    # Images that lie in files are large, and so are the steps on them: the devices would hold many and gain little.
    together = together or (1 if isinstance(split.images, StoredImages) else most)
    key, first = devices.everywhere(keys.key_for(seed, "train")), int(state.step)
    meter, state, pending = Meter(), devices.everywhere(state), deque[tuple[int, int, Report]]()

    def finish() -> None:
        begun, count, report = pending.popleft()
        for step, (loss, norm) in enumerate(np.stack(report, axis=1)[:count].tolist(), begun + 1):
            told(*_checked(step, loss, norm))
        meter.finished(settings.batch_size * count)
        if clock:
            clock.finished()

    with contextlib.closing(windows.each(split, _batches(settings, seed), first, stop, together)) as turns:
        for step, count, window in turns:
            if clock and clock.over(len(pending)):
                break
            meter.handed_over(pending[-1][2].loss if pending else None)
            at = np.float32(clock.place()) if clock else None
            state, report = train_steps(trainer, settings, together, state, window, key, at)
            pending.append((step, count, report))
            if len(pending) > ahead or (clock and clock.compiling):
                finish()
    while pending:
        finish()
    return state, meter.throughput()


def _batches(settings: Settings, seed: int) -> windows.Batches:
    return windows.Batches(seed, settings.batch_size, settings.one_class)


def _check_devices(settings: Settings) -> None:
    part = settings.batch_size // settings.accumulation
    if part % devices.count():
        rule = f"must be a multiple of the {devices.count()} devices"
        raise ArtifactError(f"training.batch_size / accumulation = {part}: {rule}")


def _checked(step: int, loss: float, norm: float) -> tuple[int, float, float]:
    for name, value in (("loss", loss), ("grad_norm", norm)):
        if not math.isfinite(value):
            raise FloatingPointError(f"step {step}: {name} is {value}; lower the learning rate")
    return step, loss, norm
