"""How large a network is, and how many operations a training step takes."""

from dataclasses import replace

import jax
import numpy as np

from sbgc import keys, operations
from sbgc.artifacts import Split
from sbgc.maths import augmentation
from sbgc.procedures.training.descent import Settings, TrainState, train_step
from sbgc.procedures.training.segments import abstract_state
from sbgc.trainer import Trainer


def parameters(state: TrainState) -> int:
    """How many numbers descent changes."""
    return sum(leaf.size for leaf in jax.tree.leaves(state.variables["params"]))


def flop_per_image(trainer: Trainer, settings: Settings, split: Split) -> float | None:
    """The operations of a training step for each image of its batch; None where no backend of JAX counts them.

    The parts of a batch are counted as one batch, which takes as many, since a loop would count as one pass.
    """
    size = settings.batch_size
    images, labels = np.zeros((size, *split.images.shape[1:]), np.float32), np.zeros(size, np.int32)
    held = 2 * augmentation.surroundings_of(settings.crops)
    shape = images.shape[1] - held, images.shape[2] - held, images.shape[3]
    arguments = abstract_state(trainer, settings, shape), images, labels, keys.key_for(0, "train")
    found = operations.count(train_step, trainer, replace(settings, accumulation=1), *arguments)
    return found and found / size


def described(parameters: int, flop: float | None) -> str:
    """Both in a line for people."""
    cost = "" if flop is None else f"; a step takes {flop:.3g} FLOP for each image"
    return f"{parameters:,} parameters{cost}"
