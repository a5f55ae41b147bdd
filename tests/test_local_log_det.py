import jax
import jax.numpy as jnp
import numpy as np
import pytest
import tiny
from flax import serialization

from sbgc.models import ib_inn
from sbgc.nets.local_log_det import local_log_det

RANDOM = np.random.default_rng(0)
SHAPE = (8, 4, 3)
NETS = {
    "two stages": {"blocks": [2, 1], "features": [4, 5]},
    "a dense coupling": {"blocks": [1], "features": [4], "dense": 3},
}


def model(net):
    spec = tiny.spec_of(tiny.IB_INN, shape=SHAPE, net=net)
    return ib_inn.load(spec, serialization.msgpack_serialize(tiny.random_variables(spec, -0.7, 0.7)))


@pytest.mark.parametrize("net", NETS.values(), ids=NETS)
def test_the_map_sums_to_the_log_determinant_of_the_network(net):
    """Which tests/test_ib_inn.py holds against the Jacobian."""
    one, x = model(net), jnp.asarray(RANDOM.uniform(0, tiny.LEVELS, SHAPE), jnp.float32)
    found = jax.jit(lambda x: local_log_det(one.net, one.variables, x[None]))(x)
    assert found.shape == (1, 8, 4)
    _, log_det = one.net.apply(one.variables, x[None], method="latent")
    assert float(found.sum()) == pytest.approx(float(log_det[0]), rel=1e-5)


def test_a_pixel_has_the_scales_of_the_tiles_that_it_lies_in():
    """In one stage, what changes only one corner of the image changes the map within the coupling's 3x3 reach alone."""
    one = model({"blocks": [1], "features": [4]})
    x = jnp.asarray(RANDOM.uniform(0, tiny.LEVELS, SHAPE), jnp.float32)
    other = x.at[:2, :2].add(3.0)
    maps = np.asarray(local_log_det(one.net, one.variables, jnp.stack([x, other])))
    changed = np.abs(maps[1] - maps[0]) > 1e-6
    assert changed[:2, :2].all()
    assert not changed[4:].any()  # two tiles further down
    for rows in np.split(maps[0], 4):  # both rows of a tile have one value
        np.testing.assert_array_equal(rows[0], rows[1])
