"""Complete train states as msgpack, and the averaged variables in them."""

from pathlib import Path

from flax import serialization

from sbgc import artifacts, serialized
from sbgc.artifacts import ArtifactError
from sbgc.config.spec import Spec, training_of
from sbgc.procedures.training import from_spec
from sbgc.procedures.training.descent import TrainState
from sbgc.procedures.training.segments import abstract_state
from sbgc.trainer import Trainer


def to_bytes(state: TrainState) -> bytes:
    """A complete train state as msgpack."""
    return serialization.msgpack_serialize(serialization.to_state_dict(state))


def from_bytes(trainer: Trainer, spec: Spec, content: bytes, clocked: bool = False) -> TrainState:
    """Read a train state back. Raises ArtifactError when it is not a state of this trainer.

    clocked: a clock may have let it take any number of steps.
    """
    target = abstract_state(trainer, from_spec.settings(spec), spec.dataset.image_shape)
    state, most = serialized.restore(target, content, f"a train state of {spec.model}"), training_of(spec).steps
    if int(state.step) < 0 or (int(state.step) > most and not clocked):
        raise ArtifactError(f"step is {int(state.step)}, expected 0 to {most}")
    return state


def read(trainer: Trainer, spec: Spec, path: Path, clocked: bool = False) -> TrainState:
    """The train state that a file holds. Raises ArtifactError, which names the file, when it holds none."""
    with artifacts.reading(path) as file:
        return from_bytes(trainer, spec, file.read_bytes(), clocked)


def ema_variables(content: bytes) -> bytes:
    """The averaged variables of a serialized train state, serialized again. Raises ArtifactError for anything else."""
    state = serialized.read_arrays(content, "a train state")
    if "ema" not in state:
        raise ArtifactError(f"not a train state: it holds {', '.join(sorted(state))}, expected ema among them")
    return serialization.msgpack_serialize(state["ema"])
