"""The class-conditional DDPM++ network (Song et al. 2021, appendix G; SBGC section 2.2).

It has BigGAN-style residual blocks and single-head attention, and sums are divided by sqrt 2. The class has a full
second copy of the time path: its own MLP, and its own projection in every residual block. We read the paper's "in the
same way as the time variable" like this because no other reading gives the 67.19 M parameters of SBGC A.1.
"""

import math
from collections.abc import Callable

import flax.linen as nn
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from sbgc.nets.layers import at_least_float32, conv, dense, double, group_norm, halve

Batch = Float[Array, "batch height width channels"]
Resampled = Float[Array, "batch height_out width_out features"]
Resample = Callable[[Batch], Resampled] | None
Embedding = Float[Array, "batch embedding"]


class ResidualBlock(nn.Module):
    """Norm, swish and convolution, twice, with time and class added in between.

    `resample` halves or doubles the resolution inside the block.
    """

    features: int
    dropout: float
    resample: Resample = None

    @nn.compact
    def __call__(self, x: Batch, time: Embedding, label: Embedding, train: bool) -> Resampled:
        """[B, H, W, C] to [B, H', W', features]."""
        h = nn.swish(group_norm(x.shape[-1], name="norm_in")(x))
        if self.resample:
            h, x = self.resample(h), self.resample(x)
        h = conv(self.features, name="conv_in")(h)
        shift = dense(self.features, name="time")(nn.swish(time)) + dense(self.features, name="label")(nn.swish(label))
        h = nn.swish(group_norm(self.features, name="norm_out")(h + shift[:, None, None, :]))
        h = nn.Dropout(self.dropout)(h, deterministic=not train)
        h = conv(self.features, scale=0.0, name="conv_out")(h)
        if self.resample or x.shape[-1] != self.features:
            x = conv(self.features, width=1, name="skip")(x)
        return (x + h) / math.sqrt(2.0)


class Attention(nn.Module):
    """Single-head self-attention over the pixels."""

    @nn.compact
    def __call__(self, x: Batch) -> Batch:
        """[B, H, W, C] to the same shape."""
        batch, height, width, features = x.shape
        h = group_norm(features, name="norm")(x).reshape(batch, height * width, features)
        query, key, value = (dense(features, name=name)(h) for name in ("query", "key", "value"))
        products = at_least_float32(jnp.einsum("bqc,bkc->bqk", query, key))
        weights = nn.softmax(products / math.sqrt(features), axis=-1).astype(value.dtype)
        h = dense(features, scale=0.0, name="out")(jnp.einsum("bqk,bkc->bqc", weights, value))
        return (x + h.reshape(x.shape)) / math.sqrt(2.0)


class UNet(nn.Module):
    """eps_hat(x, noise level, class), for images whose sides can be halved between all levels.

    It computes in the dtype of x and of the parameters. Sums over pixels and the softmax are in float32 or wider.
    """

    features: int
    multipliers: tuple[int, ...]
    blocks: int
    attention_sizes: tuple[int, ...]
    dropout: float
    num_classes: int

    @nn.compact
    def __call__(
        self, x: Batch, position: Float[Array, " batch"], label: Int[Array, " batch"], train: bool = False
    ) -> Batch:
        """The predicted noise, in the shape of x. `position` is 999 t for the (sub-)VP SDEs; `label` counts from 0."""
        time = self._embed(positional(position, self.features).astype(x.dtype), "time")
        label = self._embed(jax.nn.one_hot(label, self.num_classes, dtype=x.dtype), "label")

        def block(h: Batch, features: int, name: str, resample: Resample = None) -> Resampled:
            return ResidualBlock(features, self.dropout, resample, name=name)(h, time, label, train)

        h = conv(self.features, name="conv_in")(x)
        stack = [h]
        for level, multiplier in enumerate(self.multipliers):
            for number in range(self.blocks):
                h = block(h, self.features * multiplier, f"down_{level}_{number}")
                h = self._attend(h, f"down_{level}_{number}_attention")
                stack.append(h)
            if level + 1 < len(self.multipliers):
                h = block(h, h.shape[-1], f"down_{level}_halve", halve)
                stack.append(h)
        h = block(h, h.shape[-1], "middle_0")
        h = Attention(name="middle_attention")(h)
        h = block(h, h.shape[-1], "middle_1")
        for level, multiplier in reversed(list(enumerate(self.multipliers))):
            for number in range(self.blocks + 1):
                joined = jnp.concatenate([h, stack.pop()], axis=-1)
                h = block(joined, self.features * multiplier, f"up_{level}_{number}")
            h = self._attend(h, f"up_{level}_attention")
            if level > 0:
                h = block(h, h.shape[-1], f"up_{level}_double", double)
        h = nn.swish(group_norm(h.shape[-1], name="norm_out")(h))
        return conv(x.shape[-1], scale=0.0, name="conv_out")(h)

    def _embed(self, h: Float[Array, "batch inputs"], name: str) -> Embedding:
        h = dense(4 * self.features, name=f"{name}_embed_0")(h)
        return dense(4 * self.features, name=f"{name}_embed_1")(nn.swish(h))

    def _attend(self, h: Batch, name: str) -> Batch:
        return Attention(name=name)(h) if h.shape[1] in self.attention_sizes else h


def positional(position: Float[Array, " batch"], features: int) -> Float[Array, "batch features"]:
    """The transformer's embedding of a position, first sines and then cosines (Vaswani et al. 2017).

    There are features / 2 frequencies, from 1 down to 1e-4.
    """
    half = features // 2
    frequencies = jnp.exp(-math.log(1e4) / (half - 1) * jnp.arange(half, dtype=position.dtype))
    angles = position[:, None] * frequencies[None, :]
    return jnp.concatenate([jnp.sin(angles), jnp.cos(angles)], axis=-1)
