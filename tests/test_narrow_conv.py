import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from sbgc.nets import narrow_conv
from sbgc.nets.narrow_conv import ChannelMap, NarrowConv

NORMAL = nn.initializers.normal(1.0)
LAYOUT = ("NHWC", "HWIO", "NHWC")


@pytest.fixture
def x64():
    with jax.enable_x64(True):
        yield


def by_xla(x, kernel):
    return jax.lax.conv_general_dilated(x, kernel, (1, 1), "SAME", dimension_numbers=LAYOUT)


@pytest.mark.parametrize(("channels", "features"), [(1, 6), (3, 4), (4, 4), (5, 2), (6, 1)])
def test_values_and_gradients_are_those_of_xlas_convolution(x64, channels, features):
    first, second, third = jax.random.split(jax.random.key(0), 3)
    x = jax.random.normal(first, (2, 5, 7, channels), jnp.float64)
    kernel = jax.random.normal(second, (3, 3, channels, features), jnp.float64)
    onto = jax.random.normal(third, (2, 5, 7, features), jnp.float64)

    def projected(convolve):
        return jax.value_and_grad(lambda x, kernel: (convolve(x, kernel) * onto).sum(), argnums=(0, 1))(x, kernel)

    expected, found = projected(by_xla), projected(narrow_conv.convolved)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(b, a, rtol=1e-11, atol=1e-11), expected, found)


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        (nn.Conv(3, (3, 3), kernel_init=NORMAL), NarrowConv(3, NORMAL)),
        (nn.Dense(3, kernel_init=NORMAL), ChannelMap(3, NORMAL)),
    ],
    ids=["conv", "map"],
)
def test_variables_values_and_gradients_are_those_of_flaxs_layer(theirs, ours):
    x = jax.random.normal(jax.random.key(0), (2, 4, 4, 2))
    expected, found = (layer.init(jax.random.key(1), x) for layer in (theirs, ours))
    jax.tree.map(np.testing.assert_array_equal, expected, found)
    values = [
        jax.value_and_grad(lambda v, layer=layer: (layer.apply(v, x) ** 2).sum())(found) for layer in (theirs, ours)
    ]
    jax.tree.map(lambda a, b: np.testing.assert_allclose(b, a, rtol=1e-5, atol=1e-5), *values)
