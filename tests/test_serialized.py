import random
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import msgpack
import numpy as np
import optax
import pytest
from flax import serialization

from sbgc import serialized
from sbgc.artifacts import ArtifactError

TREE = {"a": np.arange(3, dtype=np.float32), "b": {"c": np.ones((2, 2), np.float32)}}


class State(NamedTuple):
    step: Any
    params: Any
    optimizer: Any


def packed(tree):
    return serialization.msgpack_serialize(serialization.to_state_dict(tree))


def shapes(tree):
    return jax.eval_shape(lambda: jax.tree.map(jnp.asarray, tree))


def refusal(read, *arguments):
    with pytest.raises(ArtifactError) as refused:
        read(*arguments, "a tree")
    text = str(refused.value)
    assert text.startswith("not a tree: ")
    assert "\n" not in text
    return text.removeprefix("not a tree: ")


def test_a_tree_comes_back_as_it_was():
    for restored in (
        serialized.restore(shapes(TREE), packed(TREE), "a tree"),
        serialized.read_arrays(packed(TREE), ""),
    ):
        jax.tree.map(lambda one, other: np.testing.assert_array_equal(one, other, strict=True), restored, TREE)


def test_a_train_state_comes_back_with_its_types():
    params = {"w": jnp.ones((2, 3)), "half": jnp.ones(2, jnp.bfloat16), "none": {}}
    descent = optax.chain(optax.clip_by_global_norm(1.0), optax.adam(0.1))
    state = State(jnp.int32(7), params, descent.init(params))
    restored = serialized.restore(shapes(state), packed(state), "a train state")
    assert jax.tree.structure(restored) == jax.tree.structure(state)
    jax.tree.map(lambda one, other: np.testing.assert_array_equal(one, other, strict=True), restored, state)


OTHERS = {
    "shape": (TREE | {"b": {"c": np.ones((2, 3), np.float32)}}, "['b']['c'] has shape (2, 3), expected (2, 2)"),
    "dtype": (TREE | {"a": TREE["a"].astype(np.int32)}, "['a'] has dtype int32, expected float32"),
    "name": (TREE | {"b": {"d": TREE["b"]["c"]}}, "it lacks ['b']['c']"),
    "depth": (TREE | {"a": {"e": TREE["a"]}}, "it lacks ['a']"),
    "absence": ({"a": TREE["a"]}, "it lacks ['b']['c']"),
    "one more": (TREE | {"z": TREE["a"]}, "it has also ['z']"),
    "one more inside": (TREE | {"b": TREE["b"] | {"z": TREE["a"]}}, "it has also ['b']['z']"),
    "nothing": (TREE | {"a": None}, "['a'] is NoneType, expected an array"),
    "a list": (TREE | {"a": [1.0, 2.0, 3.0]}, "['a'] is list, expected an array"),
    "text": (TREE | {"a": "f4"}, "['a'] is str, expected an array"),
    "not finite": (TREE | {"a": np.array([0.0, np.nan, 1.0], np.float32)}, "['a'] is not finite"),
    "number": (3, "found int, expected names and arrays"),
    "numbers for names": ({1: TREE["a"]}, "1 is no name"),
}


@pytest.mark.parametrize("case", OTHERS)
def test_a_tree_of_another_form_is_refused_in_one_line_that_names_the_leaf(case):
    tree, words = OTHERS[case]
    assert refusal(serialized.restore, shapes(TREE), serialization.msgpack_serialize(tree)) == words


@pytest.mark.parametrize("case", ["nothing", "a list", "text", "not finite", "number", "numbers for names"])
def test_what_is_no_dictionary_of_arrays_is_refused_in_one_line(case):
    tree, words = OTHERS[case]
    assert refusal(serialized.read_arrays, serialization.msgpack_serialize(tree)) == words


def of_dtype(name, shape=(1,)):
    return msgpack.packb({"a": msgpack.ExtType(1, msgpack.packb([shape, name, bytes(8)]))})


@pytest.mark.parametrize("name", [b"O", b"V8", b"S8", b"M8[s]", b"i4,i4", b"(2,3", b"f4,,f4", b"", 5, b"-" * 5000])
def test_arrays_of_anything_but_numbers_are_refused_in_one_line(name):
    refusal(serialized.read_arrays, of_dtype(name))
    refusal(serialized.restore, {"a": jax.ShapeDtypeStruct((1,), np.float64)}, of_dtype(name))


@pytest.mark.parametrize("depth", [60, 900, 100_000])
def test_names_nested_without_end_are_refused_in_one_line(depth):
    refusal(serialized.read_arrays, b"\x81\xa1a" * depth + b"\xc0")


def test_damaged_bytes_are_refused_in_one_line_or_still_fit():
    whole, rng, refused = packed(TREE), random.Random(0), 0
    for _ in range(3000):
        damaged = bytearray(whole)
        damaged[rng.randrange(len(whole))] = rng.randrange(256)
        for read, arguments in ((serialized.restore, (shapes(TREE),)), (serialized.read_arrays, ())):
            try:
                read(*arguments, bytes(damaged[: rng.choice([len(whole), rng.randrange(len(whole))])]), "a tree")
            except ArtifactError as error:
                refused += "\n" not in str(error)
    assert refused > 3000


@pytest.mark.parametrize("error", [MemoryError, RuntimeError, KeyboardInterrupt])
def test_an_error_that_is_not_of_the_content_passes(monkeypatch, error):
    def fail(*_args):
        raise error

    monkeypatch.setattr(serialization, "msgpack_restore", fail)
    with pytest.raises(error):
        serialized.read_arrays(packed(TREE), "a tree")


def test_a_mistake_in_the_target_keeps_its_traceback(monkeypatch):
    def fail(*_args):
        raise TypeError("a programming error")

    monkeypatch.setattr(serialization, "from_state_dict", fail)
    with pytest.raises(TypeError, match="a programming error"):
        serialized.restore(shapes(TREE), packed(TREE), "a tree")
