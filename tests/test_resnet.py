import jax
import jax.numpy as jnp
import numpy as np
import plain_resnet
import pytest
import tiny
from flax import serialization

from sbgc import operations
from sbgc.models import resnet
from sbgc.nets.resnet import Basic, Bottleneck, ResNet

KEY = jax.random.key(0)
IMAGENET, FIFTY = {"stem": "imagenet", "features": 64, "num_classes": 1000}, (3, 4, 6, 3)


def shapes_of(net, shape):
    return jax.eval_shape(lambda key: net.init(key, jnp.zeros((1, *shape)), train=False), KEY)


def parameters(net, shape):
    return sum(leaf.size for leaf in jax.tree.leaves(shapes_of(net, shape)["params"]))


@pytest.mark.parametrize(
    ("block", "blocks", "published"),
    [
        ("basic", (2, 2, 2, 2), 11_689_512),
        ("basic", FIFTY, 21_797_672),
        ("bottleneck", FIFTY, 25_557_032),
        ("bottleneck", (3, 4, 23, 3), 44_549_160),
    ],
    ids=["ResNet-18", "ResNet-34", "ResNet-50", "ResNet-101"],
)
def test_the_networks_for_imagenet_have_the_published_number_of_parameters(block, blocks, published):
    """Those of the weights that PyTorch's torchvision hands out; shapes only, no memory."""
    assert parameters(ResNet(block=block, blocks=blocks, **IMAGENET), (224, 224, 3)) == published


def multiplications(zeros):
    """Of a ResNet-50 for an image of 224x224 pixels, with or without those of the zeros around images."""

    def conv(size, width, stride, channels, features):
        taps = np.arange(0, size, stride)[:, None] + np.arange(width) - width // 2
        rows = taps.size if zeros else ((taps >= 0) & (taps < size)).sum()
        return int(rows) ** 2 * channels * features

    total, channels, size = conv(224, 7, 2, 3, 64) + 2048 * 1000, 64, 56
    for stage, count in enumerate(FIFTY):
        wide = 64 * 2**stage
        for number in range(count):
            stride = 2 if stage and not number else 1
            total += conv(size, 1, 1, channels, wide) + conv(size, 3, stride, wide, wide)
            total += conv(size // stride, 1, 1, wide, 4 * wide)
            total += 0 if number else conv(size, 1, stride, channels, 4 * wide)
            size, channels = size // stride, 4 * wide
    return total


def test_a_resnet_50_takes_the_published_number_of_multiplications():
    """4.09 G an image; He et al. 2016, table 1: 3.8 G, with the stride in the first 1x1. XLA leaves out zeros.

    Beside multiplications and as many additions, it counts norms and activations.
    """
    assert multiplications(zeros=True) == pytest.approx(4.09e9, rel=0.001)
    net = ResNet(block="bottleneck", blocks=FIFTY, **IMAGENET)
    images = jax.ShapeDtypeStruct((16, 224, 224, 3), jnp.float32)
    forward = jax.jit(lambda variables, x: net.apply(variables, x, train=False))
    flop = operations.count(forward, shapes_of(net, (224, 224, 3)), images)
    assert 1 < flop / 2 / 16 / multiplications(zeros=False) < 1.01


@pytest.mark.parametrize(("count", "published_millions"), [(3, 0.27), (5, 0.46), (9, 0.85), (18, 1.7)])
def test_the_networks_for_small_images_are_those_of_he_et_al(count, published_millions):
    """Table 6 and section 4.2: 6 n + 2 layers of 16, 32 and 64 features. Their shortcuts have no parameters."""
    net = ResNet(stem="plain", block="basic", blocks=(count,) * 3, features=16, num_classes=10)
    found = parameters(net, (32, 32, 3))
    without = found - sum(wide // 2 * wide + 2 * wide for wide in (32, 64))
    convolutions = 9 * (3 * 16 + sum(2 * count * wide**2 for wide in (16, 32, 64)) - (32**2 + 64**2) // 2)
    norms, dense = 2 * (16 + 2 * count * (16 + 32 + 64)), 64 * 10 + 10
    assert without == convolutions + norms + dense
    assert without / 1e6 == pytest.approx(published_millions, abs=0.03)


def random_model(spec):
    """No scale is 1 and no mean is 0; variances are positive."""
    variables = tiny.random_variables(spec, 0.1, 0.3)
    return resnet.load(spec, serialization.msgpack_serialize(variables)), variables


@pytest.mark.parametrize(
    ("stem", "block", "blocks", "shape"),
    [
        ("plain", "basic", (2, 1), (8, 8, 1)),
        ("plain", "bottleneck", (1, 2), (9, 7, 3)),
        ("imagenet", "basic", (1, 1), (17, 16, 3)),
    ],
)
def test_logits_equal_a_forward_pass_written_out_in_numpy(stem, block, blocks, shape):
    model, variables = random_model(tiny.spec_of(tiny.RESNET, shape, 10, stem=stem, block=block, blocks=blocks))
    x = np.random.default_rng(1).uniform(0, 17, shape).astype(np.float32)
    wanted = plain_resnet.logits(x[None].astype(float), variables["params"], variables["batch_stats"])[0]
    np.testing.assert_allclose(jax.jit(model.logits)(x, KEY), wanted, rtol=1e-4)


@pytest.mark.parametrize(("block", "features"), [(Basic, 8), (Bottleneck, 2)])
def test_a_block_begins_as_its_shortcut(block, features):
    """Where width and resolution stay, that is the identity, of what a ReLU leaves."""
    x = jax.random.uniform(KEY, (2, 4, 4, 8))
    found, _ = block(features, 1).init_with_output(KEY, x, train=False)
    np.testing.assert_array_equal(found, x)


@pytest.mark.parametrize(("block", "features"), [(Basic, 8), (Bottleneck, 2)])
def test_a_stride_halves_the_image_and_widens_it_by_the_shortcut(block, features):
    found, variables = block(features, 2).init_with_output(KEY, jnp.ones((1, 5, 4, 3)), train=False)
    assert found.shape == (1, 3, 2, 8)
    assert variables["params"]["shortcut"]["kernel"].shape == (1, 1, 3, 8)


def test_the_receptive_field_is_that_of_table_1():
    """Mackowiak et al. 2021, table 1: it grows to 426 pixels beyond the first one.

    Convolutions are means and norms do nothing, so that every pixel of the field counts.
    """
    net = ResNet(stem="imagenet", block="bottleneck", blocks=FIFTY, features=1, num_classes=2)
    size, place, (low, high) = 512, 8, (8 * 32 - 213, 8 * 32 + 213)
    shapes = shapes_of(net, (size, size, 1))

    def plain(path, leaf):
        values = {"mean": 0.0, "var": 1.0, "scale": 1.0, "bias": 0.0, "kernel": leaf.shape[-1] / leaf.size}
        return jnp.full(leaf.shape, values[path[-1].key])

    variables = jax.tree_util.tree_map_with_path(plain, shapes)

    @jax.jit
    def feature(x):
        _, seen = net.apply(variables, x, train=False, capture_intermediates=True, mutable=["intermediates"])
        return seen["intermediates"]["stage3_block2"]["__call__"][0][0, place, place, 0]

    def changes(first, last):
        """Whether the feature feels that the columns from first to last are brighter."""
        return bool(feature(image.at[:, :, first : last + 1].add(1e20)) != feature(image))

    image = jnp.ones((1, size, size, 1))
    assert [changes(0, low - 1), changes(0, low)] == [False, True]
    assert [changes(high + 1, size - 1), changes(high, size - 1)] == [False, True]
