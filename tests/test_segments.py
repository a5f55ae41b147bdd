import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
import tiny
from flax import serialization

from sbgc import artifacts, fitting, keys
from sbgc.fitting import score
from sbgc.models import score as models
from sbgc.procedures.training import segments
from sbgc.steps import train
from sbgc.trainer import Trainer

SPEC = tiny.spec_of(tiny.SCORE)


@pytest.fixture(scope="module")
def trainer():
    return score.trainer(SPEC)


@pytest.fixture(scope="module")
def split():
    return tiny.split(20)


def states(trainer, split, *stops, spec=SPEC):
    """The train states at `stops`, each segment begun from the bytes of the one before."""
    found = [segments.initial_state(trainer, spec, split, 0)]
    for stop in stops:
        state = segments.from_bytes(trainer, spec, segments.to_bytes(found[-1]))
        last, _ = segments.run(trainer, spec, split, 0, state, stop)
        found.append(segments.from_bytes(trainer, spec, segments.to_bytes(last)))
    return found[1:]


@pytest.fixture(scope="module")
def uninterrupted(trainer, split):
    return states(trainer, split, 6)[-1]


def test_resumed_training_equals_uninterrupted_training_bit_for_bit(trainer, split, uninterrupted):
    resumed = states(trainer, split, 1, 4, 6)[-1]
    assert segments.to_bytes(resumed) == segments.to_bytes(uninterrupted)


# Images are mirrored, cropped and mixed; the WideResNet compares their views.
AUGMENTED = {"flips": True, "crops": 1, "augmix": {"severity": 3.0, "width": 2}}
OF_KIND = {
    "score": tiny.spec_of(tiny.SCORE, training=AUGMENTED),
    "wide_resnet": tiny.spec_of(tiny.WIDE_RESNET, dropout=0.1, consistency=12.0, training=AUGMENTED),
}


@pytest.mark.parametrize("kind", OF_KIND)
def test_augmented_training_goes_on_bit_for_bit(kind, split):
    spec = OF_KIND[kind]
    trainer = fitting.page(kind).trainer(spec)
    whole, resumed = (states(trainer, split, *stops, spec=spec)[-1] for stops in ((3,), (1, 3)))
    assert segments.to_bytes(resumed) == segments.to_bytes(whole)


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
    state = segments.initial_state(standardized(), SPEC, split, 3)
    images, _ = next(segments.batches(split, 3, 8, 0, 1))
    noise = jax.random.uniform(keys.key_for(3, "init-noise"), images.shape)
    assert float(state.variables["scales"]["std"]) == pytest.approx(float((images + noise).std()), rel=1e-5)
    assert 0.0 <= noise.min() <= noise.max() < 1.0


def test_mutable_state_of_any_name_is_trained_resumed_averaged_and_exported(split):
    trainer = standardized()
    first, whole = states(trainer, split, 1, 6)
    resumed = states(trainer, split, 2, 5, 6)[-1]
    assert segments.to_bytes(resumed) == segments.to_bytes(whole)
    assert float(whole.variables["scales"]["std"]) != float(first.variables["scales"]["std"])
    exported = serialization.msgpack_restore(segments.ema_variables(segments.to_bytes(whole)))
    assert exported.keys() == {"params", "scales"}
    assert float(exported["scales"]["std"]) == float(whole.ema["scales"]["std"])


def test_the_loss_falls(trainer, split):
    losses = []
    start = segments.initial_state(trainer, SPEC, split, 0)
    segments.run(trainer, SPEC, split, 0, start, 40, lambda *row: losses.append(row))
    assert [step for step, _, _ in losses] == list(range(1, 41))
    assert np.mean([loss for _, loss, _ in losses[-10:]]) < 0.8 * losses[0][1]


def test_segments_cover_every_step_once():
    bounds = [segments.segment_bounds(2500, segment, 7) for segment in range(7)]
    assert [first for first, _ in bounds] == [0, *(last for _, last in bounds[:-1])]
    assert bounds[-1][1] == 2500


def test_an_epoch_holds_every_image_once_and_no_batch_depends_on_where_a_segment_starts(split):
    whole = list(segments.batches(split, 0, 8, 0, 10))
    labels = np.concatenate([labels for _, labels in whole])
    for epoch in range(4):  # 10 batches of 8 are 4 epochs of 20
        assert sorted(labels[20 * epoch : 20 * (epoch + 1)]) == sorted(split.labels)
    for (images, _), (again, _) in zip(whole[7:], segments.batches(split, 0, 8, 7, 10), strict=True):
        np.testing.assert_array_equal(images, again)


def test_the_average_follows_its_recursion(trainer, split):
    states_ = states(trainer, split, 1, 2, 3)
    decay = min(SPEC.settings.training.ema_decay, 3 / 12)  # (1 + 2) / (10 + 2) in the third step
    expected = optax.incremental_update(states_[2].variables, states_[1].ema, 1 - decay)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-7), states_[2].ema, expected)


def test_the_exported_parameters_are_the_average(trainer, uninterrupted):
    content = segments.ema_variables(segments.to_bytes(uninterrupted))
    model = models.load(SPEC, content)
    jax.tree.map(np.testing.assert_array_equal, model.variables, jax.tree.map(np.asarray, uninterrupted.ema))


def test_a_state_of_another_model_is_refused_in_one_line(uninterrupted):
    other = tiny.spec_of(tiny.SCORE, net={"features": 12})
    with pytest.raises(artifacts.ArtifactError, match="^not a train state of score: ") as refused:
        segments.from_bytes(score.trainer(other), other, segments.to_bytes(uninterrupted))
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("step", [-3, 41])
def test_a_state_at_a_step_outside_the_training_is_refused_with_its_file(trainer, uninterrupted, step, tmp_path):
    state = uninterrupted._replace(step=np.int32(step))
    (tmp_path / "state.msgpack").write_bytes(segments.to_bytes(state))
    with pytest.raises(artifacts.ArtifactError, match=f"state.msgpack: step is {step}, expected 0 to 40$"):
        segments.read(trainer, SPEC, tmp_path / "state.msgpack")


@pytest.mark.parametrize("content", [b"", bytes(range(256)), serialization.msgpack_serialize({"other": 3})])
def test_the_parameters_of_what_is_no_train_state_are_refused_in_one_line(content):
    with pytest.raises(artifacts.ArtifactError, match="^not a train state: ") as refused:
        segments.ema_variables(content)
    assert "\n" not in str(refused.value)


def run_step(folder, split, out):
    """The step that trains a segment of 3 steps."""
    artifacts.write_split(folder / "train.npz", split)
    spec = tiny.spec_of(tiny.SCORE, training={"steps": 3})
    options = {"spec": spec.model_dump_json(), "split": folder / "train.npz", "seed": 0, "segment": 0, "segments": 1}
    files = {"out": "state.msgpack", "losses": "losses.parquet", "throughput": "throughput.json"}
    options |= {"resume": "none", "peak-teraflops": "0.5"} | {name: out / file for name, file in files.items()}
    train.main([part for name, value in options.items() for part in (f"--{name}", str(value))])


def test_the_count_of_operations_stands_in_the_manifest_and_in_no_result(tmp_path, split, monkeypatch):
    found = []
    for number, flop in enumerate((None, 1e9)):
        monkeypatch.setattr(train, "flop_per_image", lambda trainer, spec, split, flop=flop: flop)
        out = tmp_path / str(number)
        run_step(tmp_path, split, out)
        found.append([(out / name).read_bytes() for name in ("state.msgpack", "losses.parquet")])
        assert artifacts.read_json(out / "throughput.json")["flop_per_image"] == flop
    assert found[0] == found[1]


def test_a_loss_that_is_not_finite_stops_training_with_one_line_and_writes_nothing(tmp_path, split):
    broken = artifacts.Split(np.full(split.images.shape, np.nan, np.float32), split.labels, split.index)
    with pytest.raises(FloatingPointError, match=r"^step \d+: \w+ is (nan|inf)[^\n]*$"):
        run_step(tmp_path, broken, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["train.npz"]
