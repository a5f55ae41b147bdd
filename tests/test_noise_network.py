import math
from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import tiny

from sbgc.nets import noise_network
from sbgc.nets.noise_network import NoiseNetwork
from sbgc.nets.unet import UNet

SHAPE = (2, 2, 1)
SETTINGS = {"features": 4, "multipliers": (1,), "blocks": 1, "attention_sizes": (), "dropout": 0.0}
NETWORK = NoiseNetwork.create(3, "float32", **SETTINGS)
Z = jnp.asarray(np.random.default_rng(2).uniform(-1.0, 1.0, (2, *SHAPE)), jnp.float32)
TIMES, LABELS = jnp.array([0.4, 0.3]), jnp.array([1, 2])


def test_the_net_sees_the_images_999_times_the_time_and_the_class(monkeypatch):
    seen = []
    monkeypatch.setattr(UNet, "apply", lambda net, variables, *inputs: seen.extend(inputs) or inputs[0])
    NETWORK.predict({}, Z, TIMES, LABELS)
    for found, wanted in zip(seen, (Z, 999.0 * TIMES, LABELS), strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-6)


@pytest.mark.usefixtures("strict")
def test_in_bfloat16_the_prediction_differs_in_the_third_digit_and_stays_float32():
    spec = tiny.spec_of(tiny.SCORE, SHAPE, net={"features": 4, "attention_sizes": []})
    variables, half = tiny.random_variables(spec, -0.7, 0.7), replace(NETWORK, precision="bfloat16")
    wanted, found = (jax.jit(one.predict)(variables, Z, TIMES, LABELS) for one in (NETWORK, half))
    error = float(jnp.linalg.norm(found - wanted) / jnp.linalg.norm(wanted))
    assert found.dtype == jnp.float32
    assert 1e-4 < error < 3e-2


WIDE, SIDE = NoiseNetwork.create(10, "float32", **SETTINGS | {"features": 32}), (8, 8, 1)


def test_a_forward_pass_is_two_operations_for_each_product_of_its_convolutions_and_little_more():
    """Counted by hand from the shapes of the kernels: every one is applied at all 64 pixels, or once where dense."""
    variables = jax.eval_shape(lambda: WIDE.init(jax.random.key(0), SIDE))
    kernels = [leaf.shape for leaf in jax.tree.leaves(variables) if len(leaf.shape) > 1]
    borders = (22 / 24) ** 2  # of a 3x3 kernel at the border a part falls outside, and is not counted
    products = sum(2 * math.prod(k) * (64 * (borders if k[0] == 3 else 1) if len(k) == 4 else 1) for k in kernels)
    found = noise_network.forward_flop(WIDE, SIDE)
    assert found == pytest.approx(products, rel=0.12)
    assert found > products


def test_a_node_is_a_forward_pass_and_a_product_with_the_jacobian_for_each_probe():
    forward = noise_network.forward_flop(WIDE, SIDE)
    for probes in (1, 3):
        found = noise_network.node_flop(WIDE, SIDE, probes)
        assert found / forward == pytest.approx(1.0 + probes, rel=0.1)
