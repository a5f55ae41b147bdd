"""The networks of IB-INN in the papers' sizes by their counts, without making or compiling one."""

import jax
import jax.numpy as jnp
import pytest
from configurations import loaded

from sbgc import operations
from sbgc.config.spec import Spec, facts_of
from sbgc.nets import ib_inn

RESNET_50 = 25_557_032, 4.09e9  # parameters, and multiplications of an image of 224x224 (He et al. 2016, table 1)
IMAGENET = {"levels": 256, "image_shape": (224, 224, 3), "num_classes": 1000}
LAYOUT = {
    "blocks": (1, 3, 4, 6, 3),
    "features": (64, 96, 192, 384, 640),
    "dense": 0,
    "clamp": 0.7,
}  # table 1; widths ours
MEANS = {"learned": True, "distance": 5.0, "low_rank": {"first": 3072, "rank": 128}}


def counts(net, batch=16):
    """Parameters, and multiplications of one image of a batch."""
    variables = jax.eval_shape(lambda key: ib_inn.start(net, key), jax.random.key(0))
    images = jax.ShapeDtypeStruct((batch, *net.network.image_shape), jnp.float32)
    flop = operations.count(jax.jit(lambda variables, x: net.apply(variables, x)), variables, images)
    return sum(leaf.size for leaf in jax.tree.leaves(variables["params"])), flop / 2 / batch


def of_block(channels, features, single=False):
    """A coupling of `channels` and actnorm: 1x1, 3x3 and 1x1 convolutions with biases, or two linear maps."""
    half = channels // 2
    middle = 0 if single else 9 * features**2 + features
    return half * features + features + middle + (features + 1) * 2 * half + 2 * channels


def test_the_network_for_imagenet_costs_about_twice_a_resnet_50():
    net = ib_inn.of(IMAGENET, LAYOUT, MEANS)
    assert net.dimensions == 150_528
    channels = [12, 48, 192, 768, 3072]  # table 1
    parts = zip(LAYOUT["blocks"], channels, LAYOUT["features"], strict=True)
    network = sum(count * of_block(wide, features) for count, wide, features in parts)
    means = 1000 * 3072 + 1000 * 128 + 128 * (150_528 - 3072)
    parameters, multiplications = counts(net)
    assert parameters == network + means
    assert parameters / RESNET_50[0] == pytest.approx(2.13, abs=0.01)
    assert multiplications / RESNET_50[1] == pytest.approx(1.96, abs=0.02)


def test_the_network_for_cifar10_has_the_public_code_s_sizes():
    spec = Spec.model_validate(facts_of("cifar10_ibinn", loaded({}).experiments["cifar10_ibinn"], "beta_1"))
    net = ib_inn.of(spec.dataset.model_dump(), **spec.settings.model_dump(include={"net", "means"}))
    stages = zip((8, 24, 24), (12, 48, 192), (16, 32, 64), strict=True)
    network = sum(count * of_block(wide, features) for count, wide, features in stages)
    parameters, multiplications = counts(net)
    assert parameters == network + of_block(3072, 1024, single=True) + 10 * 3072 == 6_406_304
    assert multiplications == pytest.approx(77.6e6, rel=0.01)
