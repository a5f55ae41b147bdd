import importlib.util

import jax
import numpy as np
import pytest
import tiny
from flax import serialization

from sbgc import models
from sbgc.artifacts import ArtifactError
from sbgc.kinds import KINDS
from sbgc.models import gaussian, score

SETTINGS = (tiny.SCORE, tiny.GAUSSIAN, tiny.WIDE_RESNET, tiny.GLOW, tiny.PIXELCNN, tiny.IB_INN, tiny.RESNET)
SPECS = {settings["kind"]: tiny.spec_of(settings) for settings in SETTINGS}
SPECS["defended"] = tiny.spec_of(tiny.DEFENDED).model_copy(update={"of": SPECS["wide_resnet"].settings})
PARAMS = {"mean": np.zeros((3, 16)), "chol": np.stack([np.eye(16)] * 3)}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("params")
    for kind in SPECS.keys() - {"gaussian", "defended"}:
        variables = tiny.random_variables(SPECS[kind], 0.1, 0.3)
        (folder / f"{kind}.msgpack").write_bytes(serialization.msgpack_serialize(variables))
    (folder / "defended.msgpack").write_bytes((folder / "wide_resnet.msgpack").read_bytes())
    (folder / "gaussian.msgpack").write_bytes(serialization.msgpack_serialize(PARAMS))
    (folder / "truncated.msgpack").write_bytes(serialization.msgpack_serialize(PARAMS)[:-9])
    (folder / "noise.msgpack").write_bytes(bytes(range(256)))
    (folder / "empty.msgpack").write_bytes(b"")
    return folder


def test_every_kind_has_a_spec_in_these_tests():
    assert SPECS.keys() == KINDS.keys()


def test_a_model_is_loaded_by_the_page_of_its_kind(folder):
    assert models.page("gaussian") is gaussian
    assert isinstance(models.load(SPECS["gaussian"], folder / "gaussian.msgpack"), gaussian.Gaussian)
    assert isinstance(models.load(SPECS["score"], folder / "score.msgpack"), score.ScoreModel)


@pytest.mark.parametrize("kind", KINDS)
def test_a_model_is_a_pytree_of_its_parameters(kind, folder):
    """So its weights are arguments of what is compiled; what is left of two models of a spec is equal and hashable."""
    one, other = (models.load(SPECS[kind], folder / f"{kind}.msgpack") for _ in range(2))
    leaves, structure = jax.tree.flatten(one)
    stored = jax.tree.leaves(serialization.msgpack_restore((folder / f"{kind}.msgpack").read_bytes()))
    assert sum(np.size(leaf) for leaf in leaves) >= sum(np.size(leaf) for leaf in stored)
    assert structure == jax.tree.structure(other)
    assert hash(structure) == hash(jax.tree.structure(other))


@pytest.mark.parametrize("kind", KINDS)
def test_a_model_gives_what_the_table_of_kinds_says(kind, folder):
    model, facts = models.load(SPECS[kind], folder / f"{kind}.msgpack"), KINDS[kind]
    assert hasattr(model, "log_prob") == (facts.gives == "log_prob")
    assert hasattr(model, "sample") == facts.samples
    assert hasattr(models.page(kind), "log_prob_flop") == (not facts.exact)
    if facts.fitted == "elsewhere":
        assert importlib.util.find_spec(f"sbgc.fitting.{kind}") is None
        return
    page = importlib.import_module(f"sbgc.fitting.{kind}")
    assert (hasattr(page, "trainer"), hasattr(page, "fit")) == (facts.fitted == "descent", facts.fitted == "at_once")


def test_a_score_model_estimates_by_the_likelihood_it_is_loaded_with(folder):
    found = models.load(SPECS["score"], folder / "score.msgpack", tiny.FAST)
    assert found.likelihood == tiny.FAST
    assert models.load(SPECS["score"], folder / "score.msgpack").likelihood is None


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("params", ["truncated", "noise", "empty", "another's"])
def test_what_is_not_its_parameters_is_refused_in_one_line_that_names_the_file(folder, kind, params):
    kinds = list(KINDS)
    another = kinds[kinds.index(kind) - 1]
    path = folder / f"{another if params.startswith('another') else params}.msgpack"
    with pytest.raises(ArtifactError) as refused:
        models.load(SPECS[kind], path)
    assert str(refused.value).startswith(f"{path}: not parameters of {kind}: ")
    assert "\n" not in str(refused.value)


def test_a_mistake_in_the_program_keeps_its_traceback(folder, monkeypatch):
    def wrong(spec, params, likelihood):
        return {}["key"]

    monkeypatch.setattr(gaussian, "load", wrong)
    with pytest.raises(KeyError):
        models.load(SPECS["gaussian"], folder / "gaussian.msgpack")


def test_a_missing_file_is_named(folder):
    with pytest.raises(ArtifactError, match="absent.msgpack"):
        models.load(SPECS["gaussian"], folder / "absent.msgpack")
