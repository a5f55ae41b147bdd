"""How many operations a training step takes."""

from dataclasses import replace

from sbgc import keys, operations
from sbgc.artifacts import Split
from sbgc.config.spec import Spec
from sbgc.procedures.training.descent import Settings, train_step
from sbgc.procedures.training.segments import abstract_state, batches
from sbgc.trainer import Trainer, training_of


def flop_per_image(trainer: Trainer, spec: Spec, split: Split) -> float | None:
    """The operations of a training step for each image of its batch; None where no backend of JAX counts them.

    The parts of a batch are counted as one batch, which takes as many, since a loop would count as one pass.
    """
    size = training_of(spec).batch_size
    images, labels = next(batches(split, 0, size, 0, 1))
    settings = replace(Settings.of(spec), accumulation=1)
    arguments = abstract_state(trainer, spec), images, labels, keys.key_for(0, "train")
    found = operations.count(train_step, trainer, settings, *arguments)
    return found and found / size
