"""3x3 convolutions from or to few channels, and linear maps of channels, as products of two matrices.

The networks within a flow's couplings read one channel or a few and give a few. XLA's convolution takes such shapes at
a tenth of its speed on a CPU, and their gradients slower still. A product of matrices whose rows are all pixels is two
to three times as fast (benchmarks/narrow_conv.py), and so are its gradients, which are products too. A bias is one as
well: the sum over all rows that its gradient takes is slow in XLA where it is not spelled as a product.
"""

import math
from collections.abc import Callable

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float

Batch = Float[Array, "batch height width channels"]
Mapped = Float[Array, "batch height width features"]
Kernel = Float[Array, "3 3 channels features"]


class NarrowConv(nn.Module):
    """A 3x3 convolution with a bias, within a border of zeros: the parameters and values of flax's nn.Conv."""

    features: int
    kernel_init: Callable[..., Array]

    @nn.compact
    def __call__(self, x: Batch) -> Mapped:
        """[n, H, W, C] to [n, H, W, features]."""
        kernel = self.param("kernel", self.kernel_init, (3, 3, x.shape[-1], self.features))
        bias = self.param("bias", nn.initializers.zeros, (self.features,))
        return plus(convolved(x, kernel), bias)


class ChannelMap(nn.Module):
    """A linear map of the channels with a bias, alike at every pixel: parameters and values of flax's nn.Dense."""

    features: int
    kernel_init: Callable[..., Array]

    @nn.compact
    def __call__(self, x: Batch) -> Mapped:
        """[n, H, W, C] to [n, H, W, features]."""
        kernel = self.param("kernel", self.kernel_init, (x.shape[-1], self.features))
        bias = self.param("bias", nn.initializers.zeros, (self.features,))
        return plus(product(x, kernel), bias)


def convolved(x: Batch, kernel: Kernel) -> Mapped:
    """The convolution: pixels are gathered where there are fewer channels before it, and scattered where after it."""
    channels, features = kernel.shape[2:]
    return _gathered(x, kernel) if channels <= features else _scattered(x, kernel)


def product(x: Batch, matrix: Float[Array, "channels features"]) -> Mapped:
    """The channels of every pixel, times a matrix."""
    return (x.reshape(-1, x.shape[-1]) @ matrix).reshape(*x.shape[:-1], matrix.shape[-1])


def plus(x: Mapped, bias: Float[Array, " features"]) -> Mapped:
    """x and the bias of each channel."""
    return x + (jnp.ones((math.prod(x.shape[:-1]), 1), x.dtype) @ bias[None]).reshape(x.shape)


def _gathered(x: Batch, kernel: Kernel) -> Mapped:
    """Each pixel's neighborhood as one row, first along the columns of the image, then along its rows."""
    height, width = x.shape[1:3]
    padded = jnp.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
    above = jnp.concatenate([padded[:, row : row + height] for row in range(3)], axis=-1)
    around = jnp.concatenate([above[:, :, column : column + width] for column in range(3)], axis=-1)
    return product(around, jnp.swapaxes(kernel, 0, 1).reshape(around.shape[-1], -1))


def _scattered(x: Batch, kernel: Kernel) -> Mapped:
    """What each pixel gives to its neighbors, added up along the columns of the image, then along its rows."""
    (height, width), features = x.shape[1:3], kernel.shape[-1]
    given = product(x, jnp.moveaxis(kernel, 2, 0).reshape(x.shape[-1], -1))
    given = jnp.pad(given, ((0, 0), (1, 1), (1, 1), (0, 0)))
    of_row = [given[:, row : row + height, :, 3 * row * features : 3 * (row + 1) * features] for row in range(3)]
    added = sum(of_row[1:], of_row[0])
    of_column = [added[:, :, one : one + width, one * features : (one + 1) * features] for one in range(3)]
    return sum(of_column[1:], of_column[0])
