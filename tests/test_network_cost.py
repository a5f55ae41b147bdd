import math

import jax
import pytest

from sbgc.nets import network_cost
from sbgc.nets.noise_network import NoiseNetwork

SETTINGS = {"features": 32, "multipliers": (1,), "blocks": 1, "attention_sizes": (), "dropout": 0.0}
WIDE, SIDE = NoiseNetwork.create(10, "float32", **SETTINGS), (8, 8, 1)


def test_a_forward_pass_is_two_operations_for_each_product_of_its_convolutions_and_little_more():
    """Counted by hand from the shapes of the kernels: every one is applied at all 64 pixels, or once where dense."""
    variables = jax.eval_shape(lambda: WIDE.init(jax.random.key(0), SIDE))
    kernels = [leaf.shape for leaf in jax.tree.leaves(variables) if len(leaf.shape) > 1]
    borders = (22 / 24) ** 2  # of a 3x3 kernel at the border a part falls outside, and is not counted
    products = sum(2 * math.prod(k) * (64 * (borders if k[0] == 3 else 1) if len(k) == 4 else 1) for k in kernels)
    found = network_cost.forward_flop(WIDE, SIDE)
    assert found == pytest.approx(products, rel=0.12)
    assert found > products


def test_a_node_is_a_forward_pass_and_a_product_with_the_jacobian_for_each_probe():
    forward = network_cost.forward_flop(WIDE, SIDE)
    for probes in (1, 3):
        found = network_cost.node_flop(WIDE, SIDE, probes)
        assert found / forward == pytest.approx(1.0 + probes, rel=0.1)
