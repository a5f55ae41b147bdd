import jax
import numpy as np
import pytest
import tiny
from flax import serialization

from sbgc import artifacts
from sbgc.fitting import score
from sbgc.models import score as models
from sbgc.procedures.training import from_spec, segments, train_states

SPEC = tiny.spec_of(tiny.SCORE)


@pytest.fixture(scope="module")
def trainer():
    return score.trainer(SPEC)


@pytest.fixture(scope="module")
def begun(trainer):
    """A train state, whose average is another tree than its variables."""
    state = segments.initial_state(trainer, from_spec.settings(SPEC), tiny.split(20), 0)
    return state._replace(ema=jax.tree.map(lambda leaf: leaf + 1.0, state.variables))


def test_a_state_is_read_back_as_it_was(trainer, begun):
    again = train_states.from_bytes(trainer, SPEC, train_states.to_bytes(begun))
    assert jax.tree.structure(again) == jax.tree.structure(begun)
    jax.tree.map(np.testing.assert_array_equal, again, begun)


def test_the_exported_parameters_are_the_average(begun):
    content = train_states.ema_variables(train_states.to_bytes(begun))
    model = models.load(SPEC, content)
    jax.tree.map(np.testing.assert_array_equal, model.variables, jax.tree.map(np.asarray, begun.ema))


def test_a_state_of_another_model_is_refused_in_one_line(begun):
    other = tiny.spec_of(tiny.SCORE, net={"features": 12})
    with pytest.raises(artifacts.ArtifactError, match="^not a train state of score: ") as refused:
        train_states.from_bytes(score.trainer(other), other, train_states.to_bytes(begun))
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("step", [-3, 41])
def test_a_state_at_a_step_outside_the_training_is_refused_with_its_file(trainer, begun, step, tmp_path):
    state = begun._replace(step=np.int32(step))
    (tmp_path / "state.msgpack").write_bytes(train_states.to_bytes(state))
    with pytest.raises(artifacts.ArtifactError, match=f"state.msgpack: step is {step}, expected 0 to 40$"):
        train_states.read(trainer, SPEC, tmp_path / "state.msgpack")


def test_a_clock_may_have_let_a_training_take_more_steps_than_its_schedule_has(trainer, begun):
    content = train_states.to_bytes(begun._replace(step=np.int32(4100)))
    assert int(train_states.from_bytes(trainer, SPEC, content, clocked=True).step) == 4100
    with pytest.raises(artifacts.ArtifactError, match="step is 4100, expected 0 to 40"):
        train_states.from_bytes(trainer, SPEC, content)


@pytest.mark.parametrize("content", [b"", bytes(range(256)), serialization.msgpack_serialize({"other": 3})])
def test_the_parameters_of_what_is_no_train_state_are_refused_in_one_line(content):
    with pytest.raises(artifacts.ArtifactError, match="^not a train state: ") as refused:
        train_states.ema_variables(content)
    assert "\n" not in str(refused.value)
