import threading

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
import tiny
from flax import serialization

from sbgc import artifacts, devices, fitting, keys
from sbgc.fitting import score
from sbgc.procedures.training import descent, from_spec, segments, step_cost, train_states, windows
from sbgc.procedures.training.clock import Clock
from sbgc.steps import train
from sbgc.trainer import Trainer, following

SPEC = tiny.spec_of(tiny.SCORE)


@pytest.fixture(scope="module")
def trainer():
    return score.trainer(SPEC)


@pytest.fixture(scope="module")
def split():
    return tiny.split(20)


def states(trainer, split, *stops, spec=SPEC):
    """The train states at `stops`, each segment begun from the bytes of the one before."""
    found = [segments.initial_state(trainer, from_spec.settings(spec), split, 0)]
    for stop in stops:
        state = train_states.from_bytes(trainer, spec, train_states.to_bytes(found[-1]))
        last, _ = segments.run(trainer, from_spec.settings(spec), split, 0, state, stop)
        found.append(train_states.from_bytes(trainer, spec, train_states.to_bytes(last)))
    return found[1:]


@pytest.fixture(scope="module")
def uninterrupted(trainer, split):
    return states(trainer, split, 6)[-1]


def test_resumed_training_equals_uninterrupted_training_bit_for_bit(trainer, split, uninterrupted):
    resumed = states(trainer, split, 1, 4, 6)[-1]
    assert train_states.to_bytes(resumed) == train_states.to_bytes(uninterrupted)


def test_images_in_files_are_trained_on_as_others_are_bit_for_bit(trainer, split, uninterrupted, tmp_path):
    stored = artifacts.read_split(tiny.in_files(tmp_path / "train.npz", split, margin=0, files=3))
    found = states(trainer, stored, 1, 6)[-1]
    assert train_states.to_bytes(found) == train_states.to_bytes(uninterrupted)


def test_a_training_that_ends_early_reads_no_further_ahead(trainer, split, tmp_path):
    stored = artifacts.read_split(tiny.in_files(tmp_path / "train.npz", split, margin=0, files=3))
    how, before = from_spec.settings(SPEC), threading.active_count()
    state = segments.initial_state(trainer, how, stored, 0)
    broken = jax.tree.map(lambda leaf: leaf * np.nan if leaf.dtype == np.float32 else leaf, state)
    with pytest.raises(FloatingPointError):
        segments.run(trainer, how, stored, 0, broken, 10**6)
    assert threading.active_count() == before


def test_on_a_cpu_every_step_is_waited_for_before_the_next_is_handed_over(trainer, split, monkeypatch):
    handed, how = [], from_spec.settings(SPEC)

    def train_steps(*arguments):
        handed.append(True)
        return descent.train_steps(*arguments)

    monkeypatch.setattr(segments, "train_steps", train_steps)
    told = []
    start = segments.initial_state(trainer, how, split, 0)
    segments.run(trainer, how, split, 0, start, 3, lambda step, *_: told.append((step, len(handed))))
    assert told == [(1, 1), (2, 2), (3, 3)]


def test_steps_handed_over_together_are_those_one_by_one(trainer, split):
    """To rounding: XLA may compute a loop's body in another order. A window ends within the last hand-over."""
    found, how = [], from_spec.settings(SPEC)
    for count in (1, segments.TOGETHER):
        rows, start = [], segments.initial_state(trainer, how, split, 0)
        segments.run(trainer, how, split, 0, start, 11, lambda *row, rows=rows: rows.append(row), together=count)
        found.append(rows)
    np.testing.assert_allclose(found[1], found[0], rtol=1e-4)


@pytest.mark.parametrize("together", [2, 3, 4, 10])
def test_together_or_one_by_one_steps_give_one_state(split, together):
    found = []
    for count in (1, together):
        how, linear = from_spec.settings(SPEC), standardized()
        start = segments.initial_state(linear, how, split, 0)
        found.append(segments.run(linear, how, split, 0, start, 11, together=count)[0])
    jax.tree.map(lambda one, other: np.testing.assert_allclose(one, other, rtol=1e-6), *found)


def test_no_step_moves_a_byte_from_the_host(trainer, split):
    how, key = from_spec.settings(SPEC), devices.everywhere(keys.key_for(0, "train"))
    (_, _, window), *_ = windows.each(split, windows.Batches(0, how.batch_size, False), 0, 6, 2)
    state = devices.everywhere(segments.initial_state(trainer, how, split, 0))
    state, _ = descent.train_steps(trainer, how, 2, state, window, key)  # compiled, and its constants are in place
    with jax.transfer_guard_host_to_device("disallow_explicit"):
        with pytest.raises(Exception, match="[Dd]isallowed host-to-device transfer"):
            jax.device_put(np.ones(3))
        state, _ = descent.train_steps(trainer, how, 2, state, window, key)
    assert int(state.step) == 3  # the window ends there


# Images are mirrored, cropped and mixed; the WideResNet compares their views, or is attacked.
ATTACKED = {"norm": "l2", "epsilon": 0.5, "steps": 1, "relative_step": 1.0}
AUGMENTED = {"flips": True, "crops": {"border": 1, "fill": "reflect"}, "augmix": {"severity": 3.0, "width": 2}}
OF_KIND = {
    "score": tiny.spec_of(tiny.SCORE, training=AUGMENTED),
    "wide_resnet": tiny.spec_of(tiny.WIDE_RESNET, dropout=0.1, consistency=12.0, training=AUGMENTED),
    "attacked": tiny.spec_of(tiny.WIDE_RESNET, dropout=0.1, adversarial=ATTACKED, training={"flips": True}),
}


@pytest.mark.parametrize("spec", OF_KIND.values(), ids=OF_KIND)
def test_augmented_training_goes_on_bit_for_bit(spec, split):
    trainer = fitting.page(spec.settings.kind).trainer(spec)
    whole, resumed = (states(trainer, split, *stops, spec=spec)[-1] for stops in ((3,), (1, 3)))
    assert train_states.to_bytes(resumed) == train_states.to_bytes(whole)


def standardized():
    """A linear regression on images divided by a scale, which the first batch sets and every batch moves a little."""

    def init(key, images, labels):
        return {"params": {"w": jnp.zeros(images[0].size)}, "scales": {"std": images.std()}}

    def loss(variables, images, labels, key):
        std = 0.9 * variables["scales"]["std"] + 0.1 * images.std()
        error = images.reshape(len(images), -1) / std @ variables["params"]["w"] - labels
        return jnp.mean(error**2), {"scales": {"std": std}}

    return Trainer(init, loss, optax.sgd(1e-2))


def test_a_trainer_begins_with_its_first_batch_in_grey_levels_with_noise(split):
    """The batch that its first step takes, noise apart."""
    state = segments.initial_state(standardized(), from_spec.settings(SPEC), split, 3)
    images = split.images[windows.Batches(3, 8, False).rows(split.labels, 0, 1)[0]].astype(np.float32)
    noise = jax.random.uniform(keys.key_for(3, "init-noise"), images.shape)
    assert float(state.variables["scales"]["std"]) == pytest.approx(float((images + noise).std()), rel=1e-5)
    assert 0.0 <= noise.min() <= noise.max() < 1.0


def test_a_trainer_begins_with_images_without_their_surroundings(split, tmp_path):
    """test_augmentation.py has the crops among the surroundings, which the steps take."""
    framed = np.pad(split.images, ((0, 0), (2, 2), (2, 2), (0, 0)), mode="edge")
    whole = artifacts.Split(framed, split.labels, split.index)
    stored = artifacts.read_split(tiny.in_files(tmp_path / "train.npz", whole, margin=2, files=3), surroundings=1)
    spec = tiny.spec_of(tiny.SCORE, training={"crops": {"border": 1, "fill": "surroundings"}})
    plain, found = (
        segments.initial_state(standardized(), from_spec.settings(one), images, 3)
        for one, images in ((SPEC, split), (spec, stored))
    )
    assert float(found.variables["scales"]["std"]) == float(plain.variables["scales"]["std"])


def test_mutable_state_of_any_name_is_trained_resumed_averaged_and_exported(split):
    trainer = standardized()
    first, whole = states(trainer, split, 1, 6)
    resumed = states(trainer, split, 2, 5, 6)[-1]
    assert train_states.to_bytes(resumed) == train_states.to_bytes(whole)
    assert float(whole.variables["scales"]["std"]) != float(first.variables["scales"]["std"])
    exported = serialization.msgpack_restore(train_states.ema_variables(train_states.to_bytes(whole)))
    assert exported.keys() == {"params", "scales"}
    assert float(exported["scales"]["std"]) == float(whole.ema["scales"]["std"])


def test_the_loss_falls(trainer, split):
    losses = []
    start = segments.initial_state(trainer, from_spec.settings(SPEC), split, 0)
    segments.run(trainer, from_spec.settings(SPEC), split, 0, start, 40, lambda *row: losses.append(row))
    assert [step for step, _, _ in losses] == list(range(1, 41))
    assert np.mean([loss for _, loss, _ in losses[-10:]]) < 0.8 * losses[0][1]


def test_segments_cover_every_step_once():
    bounds = [segments.segment_bounds(2500, segment, 7) for segment in range(7)]
    assert [first for first, _ in bounds] == [0, *(last for _, last in bounds[:-1])]
    assert bounds[-1][1] == 2500


def test_the_average_follows_its_recursion(trainer, split):
    states_ = states(trainer, split, 1, 2, 3)
    decay = min(SPEC.settings.training.ema_decay, 3 / 12)  # (1 + 2) / (10 + 2) in the third step
    expected = optax.incremental_update(states_[2].variables, states_[1].ema, 1 - decay)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-7), states_[2].ema, expected)


def run_step(folder, split, out, **changed):
    """The step that trains a segment of 3 steps."""
    artifacts.write_split(folder / "train.npz", split)
    spec = tiny.spec_of(tiny.SCORE, training={"steps": 3})
    options = {"spec": spec.model_dump_json(), "split": folder / "train.npz", "seed": 0, "segment": 0, "segments": 1}
    files = {"out": "state.msgpack", "losses": "losses.parquet", "throughput": "throughput.json"}
    options |= (
        {"resume": "none", "seconds": "none", "peak-teraflops": "0.5"}
        | {name: out / file for name, file in files.items()}
        | changed
    )
    train.main([part for name, value in options.items() for part in (f"--{name}", str(value))])


def test_the_counts_are_printed_and_stand_in_the_manifest_and_in_no_result(tmp_path, split, monkeypatch, capsys):
    found, variables = [], tiny.random_variables(SPEC, 0.0, 1.0)
    parameters = sum(leaf.size for leaf in jax.tree.leaves(variables["params"]))
    for number, (flop, cost) in enumerate(((None, ""), (1.25e9, "; a step takes 1.25e+09 FLOP for each image"))):
        monkeypatch.setattr(step_cost, "flop_per_image", lambda trainer, settings, split, flop=flop: flop)
        out = tmp_path / str(number)
        run_step(tmp_path, split, out)
        found.append([(out / name).read_bytes() for name in ("state.msgpack", "losses.parquet")])
        facts = artifacts.read_json(out / "throughput.json")
        assert (facts["flop_per_image"], facts["parameters"]) == (flop, parameters)
        assert f"{SPEC.model}: {parameters:,} parameters{cost}\n" in capsys.readouterr().err
    assert found[0] == found[1]


def test_a_loss_that_is_not_finite_stops_training_with_one_line_and_writes_nothing(tmp_path, split):
    broken = artifacts.Split(np.full(split.images.shape, np.nan, np.float32), split.labels, split.index)
    with pytest.raises(FloatingPointError, match=r"^step \d+: \w+ is (nan|inf)[^\n]*$"):
        run_step(tmp_path, broken, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["train.npz"]


def test_a_clock_ends_a_training_and_its_state_goes_on(tmp_path, split):
    """Without one the second would end with the three steps of its schedule."""
    run_step(tmp_path, split, tmp_path / "a", seconds=1)
    facts = artifacts.read_json(tmp_path / "a" / "throughput.json")
    assert facts["seconds"] == 1.0
    run_step(tmp_path, split, tmp_path / "b", seconds=1, resume=tmp_path / "a" / "state.msgpack")
    losses = artifacts.read_table(tmp_path / "b" / "losses.parquet")
    assert losses["step"].iloc[0] == facts["steps"] + 1


def test_a_clock_says_where_on_its_schedule_the_optimizer_is(split):
    """Steps of gradient descent on a constant gradient are as long as the rate says."""

    class Told(Clock):
        compiling, places = False, iter([0.0, 30.0, 10.0])

        def place(self):
            return next(self.places)

        def over(self, under_way):
            return False

    def loss(variables, images, labels, key):
        return variables["params"]["w"], {}

    trainer = Trainer(lambda *_: {"params": {"w": jnp.zeros(())}}, loss, following(lambda at: 1.0 + at))
    how = from_spec.settings(SPEC)
    state, _ = segments.run(
        trainer, how, split, 0, segments.initial_state(trainer, how, split, 0), 3, clock=Told(1.0, 1)
    )
    assert float(state.variables["params"]["w"]) == -(1.0 + 31.0 + 11.0)
    state, _ = segments.run(trainer, how, split, 0, segments.initial_state(trainer, how, split, 0), 3)
    assert float(state.variables["params"]["w"]) == -(1.0 + 2.0 + 3.0)
