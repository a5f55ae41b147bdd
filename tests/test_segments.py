import json

import jax
import numpy as np
import optax
import pytest
import tiny

from sbgc import artifacts
from sbgc.models import score, wide_resnet
from sbgc.procedures.training import segments
from sbgc.steps import train_segment

SPEC = tiny.score_spec()


@pytest.fixture(scope="module")
def trainer():
    return score.trainer(SPEC)


@pytest.fixture(scope="module")
def split():
    return tiny.split(20)


def states(trainer, split, *stops, spec=SPEC):
    """The train states at `stops`, each segment begun from the bytes of the one before."""
    found = [segments.initial_state(trainer, 0)]
    for stop in stops:
        state = segments.from_bytes(trainer, segments.to_bytes(found[-1]))
        last, _ = segments.run(trainer, spec, split, 0, state, stop)
        found.append(segments.from_bytes(trainer, segments.to_bytes(last)))
    return found[1:]


@pytest.fixture(scope="module")
def uninterrupted(trainer, split):
    return states(trainer, split, 6)[-1]


def test_resumed_training_equals_uninterrupted_training_bit_for_bit(trainer, split, uninterrupted):
    resumed = states(trainer, split, 1, 4, 6)[-1]
    assert segments.to_bytes(resumed) == segments.to_bytes(uninterrupted)


def augmented(page):
    """A spec whose images are mirrored, cropped and mixed; a WideResNet compares its views."""
    training_ = SPEC["settings"]["training"] | {"flips": True, "crops": 1, "augmix": {"severity": 3.0, "width": 2}}
    if page is score:
        return SPEC | {"settings": SPEC["settings"] | {"training": training_}}
    optimizer = {"learning_rate": 0.05, "momentum": 0.9, "weight_decay": 5e-4, "stairs": {"at": [0.5], "factor": 0.2}}
    sizes = {"depth": 10, "widen": 1, "base_features": 4, "dropout": 0.1, "consistency": 12.0}
    return SPEC | {"settings": {"kind": "wide_resnet", **sizes, "optimizer": optimizer, "training": training_}}


@pytest.mark.parametrize("page", [score, wide_resnet])
def test_augmented_training_goes_on_bit_for_bit(page, split):
    spec = augmented(page)
    trainer = page.trainer(spec)
    whole, resumed = (states(trainer, split, *stops, spec=spec)[-1] for stops in ((3,), (1, 3)))
    assert segments.to_bytes(resumed) == segments.to_bytes(whole)


def test_the_loss_falls(trainer, split):
    losses = []
    segments.run(trainer, SPEC, split, 0, segments.initial_state(trainer, 0), 40, lambda *row: losses.append(row))
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
    decay = min(SPEC["settings"]["training"]["ema_decay"], 3 / 12)  # (1 + 2) / (10 + 2) in the third step
    expected = optax.incremental_update(states_[2].variables, states_[1].ema, 1 - decay)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-7), states_[2].ema, expected)


def test_the_exported_parameters_are_the_average(trainer, uninterrupted):
    content = segments.ema_variables(segments.to_bytes(uninterrupted))
    model = score.load(SPEC, content)
    jax.tree.map(np.testing.assert_array_equal, model.variables, jax.tree.map(np.asarray, uninterrupted.ema))


def test_a_state_of_another_model_is_refused_in_one_line(uninterrupted):
    other = score.trainer(tiny.score_spec(features=12))
    with pytest.raises(artifacts.ArtifactError, match="not a train state of this model") as refused:
        segments.from_bytes(other, segments.to_bytes(uninterrupted))
    assert "\n" not in str(refused.value)


def test_a_loss_that_is_not_finite_stops_training_with_one_line_and_writes_nothing(tmp_path, split, monkeypatch):
    spec = tiny.score_spec()
    spec["settings"]["optimizer"]["learning_rate"] = float("inf")
    (tmp_path / "spec.json").write_text(json.dumps(spec))
    artifacts.write_split(tmp_path / "train.npz", split)
    paths = {name: str(tmp_path / name) for name in ("state.msgpack", "losses.parquet", "throughput.json")}
    arguments = ["--spec", str(tmp_path / "spec.json"), "--split", str(tmp_path / "train.npz"), "--seed", "0"]
    arguments += ["--segment", "0", "--segments", "1", "--resume", "none"]
    arguments += ["--out", paths["state.msgpack"], "--losses", paths["losses.parquet"]]
    arguments += ["--throughput", paths["throughput.json"], "--peak-teraflops", "none"]
    with pytest.raises(FloatingPointError, match=r"^step \d+: \w+ is (nan|inf)[^\n]*$"):
        train_segment.main(arguments)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["spec.json", "train.npz"]
