import hashlib

import jax
import numpy as np
import pytest
import tiny
from flax import serialization

from sbgc import artifacts
from sbgc.artifacts import ArtifactError
from sbgc.procedures.training import given_weights, train_states
from sbgc.steps import import_weights

SPECS = {
    "score": tiny.spec_of(tiny.SCORE),
    "wide_resnet": tiny.spec_of(tiny.WIDE_RESNET),
    "glow": tiny.spec_of(tiny.GLOW),
    "pixelcnn": tiny.spec_of(tiny.PIXELCNN),
    "ib_inn": tiny.spec_of(tiny.IB_INN),
    "resnet": tiny.spec_of(tiny.RESNET),
}
GIVEN = {  # as the configuration has them where weights are given
    "score": tiny.spec_of(tiny.SCORE, objective=None, optimizer=None, training=None),
    "wide_resnet": tiny.spec_of(tiny.WIDE_RESNET, optimizer=None, training=None),
    "glow": tiny.spec_of(tiny.GLOW, classification=None, optimizer=None, training=None),
    "pixelcnn": tiny.spec_of(tiny.PIXELCNN, classification=None, optimizer=None, training=None),
    "ib_inn": tiny.spec_of(tiny.IB_INN, bottleneck=None, optimizer=None, training=None),
    "resnet": tiny.spec_of(tiny.RESNET, optimizer=None, training=None),
}


def exported(folder, spec, half=False):
    """A file of random weights, their hash, and the weights."""
    variables = tiny.random_variables(spec)
    if half:
        variables = jax.tree.map(lambda leaf: leaf.astype(np.float16), variables)
    made = given_weights.exported(serialization.msgpack_serialize(variables), spec, {"seed": 0})
    artifacts.write_weights(folder / "w.npz", made)
    return folder / "w.npz", hashlib.sha256((folder / "w.npz").read_bytes()).hexdigest(), variables


@pytest.mark.parametrize("half", [False, True], ids=["float32", "float16"])
@pytest.mark.parametrize("kind", SPECS)
def test_exported_weights_come_back_as_the_parameters_they_were(kind, half, tmp_path):
    path, sha256, variables = exported(tmp_path, SPECS[kind], half)
    content = given_weights.state(path, sha256, GIVEN[kind])
    found = serialization.msgpack_restore(train_states.ema_variables(content))
    assert jax.tree.structure(found) == jax.tree.structure(variables)
    jax.tree.map(np.testing.assert_array_equal, found, variables)
    assert {leaf.dtype for leaf in jax.tree.leaves(found)} == {np.dtype(np.float32)}


def test_a_changed_file_is_refused_before_it_is_parsed(tmp_path, monkeypatch):
    path, sha256, _ = exported(tmp_path, SPECS["score"])
    content = bytearray(path.read_bytes())
    content[500] ^= 1
    path.write_bytes(content)
    monkeypatch.setattr(given_weights, "read_weights", lambda path: pytest.fail("it was parsed"))
    with pytest.raises(ArtifactError, match=f"w.npz: its sha256 is [0-9a-f]{{64}}, expected {sha256}"):
        given_weights.state(path, sha256, GIVEN["score"])


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"net": {"features": 12}}, "weights of net.features = 8, expected 12, as score has it"),
        ({"net": {"attention_sizes": []}}, r"weights of net.attention_sizes = \[4\], expected \[\], as score has it"),
        ({"sde": {"beta_max": 10.0}}, "weights of sde.beta_max = 20.0, expected 10.0, as score has it"),
        ({"classes": 4}, "weights of num_classes = 3, expected 4, as score has it"),
    ],
    ids=str,
)
def test_weights_of_another_model_or_of_other_images_are_refused_in_one_line(changed, told, tmp_path):
    path, sha256, _ = exported(tmp_path, SPECS["score"])
    spec = tiny.spec_of(tiny.SCORE, objective=None, optimizer=None, training=None, **changed)
    with pytest.raises(ArtifactError, match=f"w.npz: {told}$"):
        given_weights.state(path, sha256, spec)


def test_weights_of_another_kind_are_refused(tmp_path):
    path, sha256, _ = exported(tmp_path, SPECS["score"])
    with pytest.raises(ArtifactError, match="weights of kind = 'score', expected 'wide_resnet'"):
        given_weights.state(path, sha256, GIVEN["wide_resnet"])


def test_precision_and_dropout_may_be_others(tmp_path):
    path, sha256, _ = exported(tmp_path, SPECS["score"])
    other = {"precision": "bfloat16", "dropout": 0.0}
    spec = tiny.spec_of(tiny.SCORE, objective=None, optimizer=None, training=None, net=other)
    assert given_weights.state(path, sha256, spec)


def test_arrays_that_do_not_fit_the_settings_beside_them_are_refused_by_the_file_s_name(tmp_path):
    spec = SPECS["score"]
    variables = tiny.random_variables(tiny.spec_of(tiny.SCORE, net={"features": 12}))
    made = given_weights.exported(serialization.msgpack_serialize(variables), spec, {"seed": 0})
    artifacts.write_weights(tmp_path / "w.npz", made)
    sha256 = hashlib.sha256((tmp_path / "w.npz").read_bytes()).hexdigest()
    with pytest.raises(ArtifactError, match="w.npz: not parameters of score: .* has shape"):
        given_weights.state(tmp_path / "w.npz", sha256, GIVEN["score"])


def test_the_step_writes_nothing_where_it_refuses(tmp_path):
    path, sha256, _ = exported(tmp_path, SPECS["score"])
    given = [
        "--spec",
        GIVEN["score"].model_dump_json(),
        "--weights",
        str(path),
        "--out",
        str(tmp_path / "given.msgpack"),
    ]
    with pytest.raises(ArtifactError):
        import_weights.main([*given, "--sha256", "0" * 64])
    assert not (tmp_path / "given.msgpack").exists()
    import_weights.main([*given, "--sha256", sha256])
    assert train_states.ema_variables((tmp_path / "given.msgpack").read_bytes())
