import itertools

import jax
import numpy as np

from sbgc import keys

NAMES = list(itertools.product((0, 1), ("dequantize", "probe"), (0, 1, 1796), (0, 1, 29)))


def words(seed, role, index, draw, count=64):
    return keys.generator_for(seed, role, index, draw).bit_generator.random_raw(count)


def test_the_same_name_gives_the_same_numbers():
    np.testing.assert_array_equal(words(3, "probe", 5, 7), words(3, "probe", 5, 7))
    assert keys.key_for(3, "probe", 5, 7) == keys.key_for(3, "probe", 5, 7)


def test_numpy_streams_of_different_names_share_no_number():
    streams = np.concatenate([words(*name) for name in NAMES])
    assert len(np.unique(streams)) == len(streams)


def test_jax_keys_of_different_names_are_different():
    found = {tuple(np.asarray(jax.random.key_data(keys.key_for(*name))).tolist()) for name in NAMES}
    assert len(found) == len(NAMES)


def test_a_long_stream_does_not_run_into_that_of_the_next_draw():
    """The counter's upper words hold draw and index; what is drawn moves the lower ones only."""
    generator = keys.generator_for(0, "dequantize", index=4, draw=2)
    generator.bit_generator.random_raw(10_000)
    assert generator.bit_generator.state["state"]["counter"][2:].tolist() == [2, 4]


def test_a_key_is_the_same_inside_jit_and_vmap():
    index = np.arange(5)
    traced = jax.jit(jax.vmap(lambda i: keys.key_for(1, "probe", i, 3)))(index)
    each = [keys.key_for(1, "probe", int(i), 3) for i in index]
    np.testing.assert_array_equal(jax.random.key_data(traced), np.stack([jax.random.key_data(key) for key in each]))


def test_the_numbers_of_record_have_not_moved():
    """Splits, noise and corruptions of published results come from these streams."""
    assert keys.role_id("dequantize") == 643830075
    assert words(0, "dequantize", 1, 2, count=2).tolist() == [8931340785559137472, 4963322428520307959]
