"""The layers of the DDPM++ family of networks, with their initializers."""

import flax.linen as nn
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

Batch = Float[Array, "batch height width channels"]


def variance_scaling(scale: float) -> nn.initializers.Initializer:
    """Uniform, fan-average (Song et al. 2021). Scale 0 stands for 1e-10, so that a block starts as the identity."""
    return nn.initializers.variance_scaling(scale or 1e-10, "fan_avg", "uniform")


def conv(features: int, width: int = 3, scale: float = 1.0, name: str | None = None) -> nn.Conv:
    """A convolution that keeps the size of the image."""
    return nn.Conv(features, (width, width), kernel_init=variance_scaling(scale), name=name)


def dense(features: int, scale: float = 1.0, name: str | None = None) -> nn.Dense:
    """A linear map of the last axis."""
    return nn.Dense(features, kernel_init=variance_scaling(scale), name=name)


class GroupNorm(nn.Module):
    """Group normalization (Wu & He 2018), written as one affine map per channel.

    The sums over pixels are taken channel by channel, and then over each group. In this way the image is read twice and
    written once. flax's own layer makes several passes, which take a tenth of a small network's training step on a CPU.
    The arithmetic is in float32 or wider.
    """

    groups: int

    @nn.compact
    def __call__(self, x: Batch) -> Batch:
        """[B, H, W, C] to the same shape. Raises ValueError when C is not a multiple of the number of groups."""
        batch, height, width, features = x.shape
        given, x = x.dtype, at_least_float32(x)
        if features % self.groups:
            raise ValueError(f"{features} channels do not divide into {self.groups} groups")
        scale = at_least_float32(self.param("scale", nn.initializers.ones, (features,)))
        bias = at_least_float32(self.param("bias", nn.initializers.zeros, (features,)))

        def group_mean(sums: Float[Array, "batch channels"]) -> Float[Array, "batch channels"]:
            means = sums.reshape(batch, self.groups, -1).mean(axis=-1) / (height * width)
            return jnp.repeat(means, features // self.groups, axis=-1)

        mean = group_mean(x.sum(axis=(1, 2)))
        variance = jnp.maximum(group_mean((x * x).sum(axis=(1, 2))) - mean**2, 0.0)
        slope = scale[None, :] * jax.lax.rsqrt(variance + 1e-6)
        offset = bias[None, :] - mean * slope
        return (x * slope[:, None, None, :] + offset[:, None, None, :]).astype(given)


def at_least_float32(x: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """The array, widened to float32 if it is bfloat16, and otherwise unchanged."""
    return x.astype(jnp.float32) if x.dtype == jnp.bfloat16 else x


def group_norm(features: int, name: str | None = None) -> GroupNorm:
    """Group normalization with min(C / 4, 32) groups and an epsilon of 1e-6."""
    return GroupNorm(min(features // 4, 32), name=name)


def halve(x: Batch) -> Float[Array, "batch height//2 width//2 channels"]:
    """The image at half the resolution: the mean over tiles of 2x2 pixels."""
    batch, height, width, features = x.shape
    return x.reshape(batch, height // 2, 2, width // 2, 2, features).mean(axis=(2, 4))


def double(x: Batch) -> Float[Array, "batch 2*height 2*width channels"]:
    """The image at twice the resolution: each pixel becomes 2x2 equal pixels."""
    return jnp.repeat(jnp.repeat(x, 2, axis=1), 2, axis=2)
