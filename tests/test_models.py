import jax
import numpy as np
import pytest
import tiny
from flax import serialization

from sbgc import artifacts, models, serialized
from sbgc.artifacts import ArtifactError
from sbgc.models import gaussian, score

PARAMS = {"mean": np.zeros((3, 16)), "chol": np.stack([np.eye(16)] * 3)}
GAUSSIAN = {"dataset": tiny.score_spec()["dataset"], "settings": {"kind": "gaussian", "shrinkage": 0.1}}


@pytest.fixture
def folder(tmp_path):
    artifacts.write_json(tmp_path / "gaussian.json", GAUSSIAN)
    artifacts.write_json(tmp_path / "score.json", tiny.score_spec())
    (tmp_path / "gaussian.msgpack").write_bytes(serialization.msgpack_serialize(PARAMS))
    shapes = jax.eval_shape(score.trainer(tiny.score_spec()).init, jax.random.key(0))
    zeros = jax.tree.map(lambda leaf: np.zeros(leaf.shape, leaf.dtype), shapes)
    (tmp_path / "score.msgpack").write_bytes(serialization.msgpack_serialize(zeros))
    (tmp_path / "truncated.msgpack").write_bytes(serialization.msgpack_serialize(PARAMS)[:-9])
    (tmp_path / "noise.msgpack").write_bytes(bytes(range(256)))
    (tmp_path / "empty.msgpack").write_bytes(b"")
    return tmp_path


def test_a_spec_is_read_by_the_page_of_its_kind(folder):
    assert models.page(GAUSSIAN) is gaussian
    assert isinstance(models.load(folder / "gaussian.json", folder / "gaussian.msgpack"), gaussian.Gaussian)
    assert isinstance(models.load(folder / "score.json", folder / "score.msgpack"), score.ScoreModel)


def test_a_score_model_estimates_by_the_likelihood_it_is_loaded_with(folder):
    found = models.load(folder / "score.json", folder / "score.msgpack", tiny.FAST)
    assert found.likelihood == tiny.FAST
    assert models.load(folder / "score.json", folder / "score.msgpack").likelihood is None


@pytest.mark.parametrize("spec", ["gaussian", "score"])
@pytest.mark.parametrize("params", ["truncated", "noise", "empty", "the other's"])
def test_what_is_not_its_parameters_is_refused_in_one_line_that_names_both_files(folder, spec, params):
    other = {"gaussian": "score", "score": "gaussian"}[spec]
    path = folder / f"{other if params.startswith('the') else params}.msgpack"
    with pytest.raises(ArtifactError) as refused:
        models.load(folder / f"{spec}.json", path)
    assert str(refused.value).startswith(f"{path}: not parameters of {folder / spec}.json: ")
    assert "\n" not in str(refused.value)


def test_a_missing_file_is_itself_the_mistake(folder):
    with pytest.raises(FileNotFoundError, match="absent.msgpack"):
        models.load(folder / "gaussian.json", folder / "absent.msgpack")
    with pytest.raises(ArtifactError, match=r"absent\.json"):
        models.load(folder / "absent.json", folder / "gaussian.msgpack")


TREE = {"a": np.arange(3, dtype=np.float32), "b": {"c": np.ones((2, 2), np.float32)}}


def test_a_tree_comes_back_as_it_was():
    shapes = jax.eval_shape(lambda: TREE)
    restored = serialized.restore(shapes, serialization.msgpack_serialize(TREE), "a tree")
    jax.tree.map(np.testing.assert_array_equal, restored, TREE)


@pytest.mark.parametrize(
    ("found", "complaint"),
    [
        (
            {"a": TREE["a"], "b": {"c": np.ones((2, 3), np.float32)}},
            r"\['b'\]\['c'\] has shape \(2, 3\), expected \(2, 2\)",
        ),
        ({"a": TREE["a"].astype(np.int32), "b": TREE["b"]}, r"\['a'\]"),
        ({"a": TREE["a"], "b": {"d": TREE["b"]["c"]}}, ""),
        ({"a": {"e": TREE["a"]}, "b": TREE["b"]}, ""),
        ({"a": TREE["a"]}, ""),
        (3, ""),
    ],
    ids=["shape", "dtype", "name", "depth", "absence", "number"],
)
def test_a_tree_of_another_form_is_refused_in_one_line(found, complaint):
    with pytest.raises(ArtifactError, match=f"^not a tree: .*{complaint}") as refused:
        serialized.restore(jax.eval_shape(lambda: TREE), serialization.msgpack_serialize(found), "a tree")
    assert "\n" not in str(refused.value)
