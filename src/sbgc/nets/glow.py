"""Glow (Kingma & Dhariwal 2018) as Fetaya et al. 2020 have it (their appendix B): an invertible network of images.

A level is several steps of actnorm, an invertible 1x1 convolution and an affine coupling. At its end half of the
channels leave, standardized by what the others predict of them, and the rest is squeezed. With this order a level needs
an even number of channels, and images of a power of two pixels can have a level more than in Glow.
"""

from typing import NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from sbgc.maths.bijectors import ActNorm, AffineCoupling, Chain, InvertibleConv, Squeeze, glow_log_scale
from sbgc.maths.bijectors.protocol import Batch, LogDet
from sbgc.nets.fixed import FIXED
from sbgc.nets.narrow_conv import ChannelMap, NarrowConv

Mapped = Float[Array, "batch height width mapped"]
PERMUTED, LEARNED = InvertibleConv._fields[:2], InvertibleConv._fields[2:]


class Latents(NamedTuple):
    """Where images are mapped to.

    left: what left at the end of each level but the last, standardized, so that its density is standard normal. top:
    what the last level gives, whose density depends on the class.
    """

    left: tuple[Array, ...]
    top: Mapped


class Conditioner(nn.Module):
    """Three convolutions, 3x3, 1x1 and 3x3, the last of which begins at zero.

    Glow's published code has more in it: actnorm after the first two, a learned gain of the last, and a channel that
    marks the border. The papers mention none of these.
    """

    features: int
    channels: int

    @nn.compact
    def __call__(self, x: Batch) -> Mapped:
        """[n, H, W, C] to [n, H, W, channels]."""
        normal = nn.initializers.normal(0.05)
        x = nn.relu(NarrowConv(self.features, normal, name="conv_in")(x))
        x = nn.relu(ChannelMap(self.features, normal, name="conv_middle")(x))
        return zeros(self.channels, "conv_out")(x)


def zeros(channels: int, name: str) -> NarrowConv:
    """A 3x3 convolution that begins at zero."""
    return NarrowConv(channels, nn.initializers.zeros, name=name)


class Step(nn.Module):
    """Actnorm, an invertible 1x1 convolution, and an affine coupling."""

    features: int

    @nn.compact
    def __call__(self, x: Batch, inverse: bool = False) -> tuple[Batch, LogDet]:
        """y and the log-determinant; or x, and zeros, for `inverse`. Actnorm takes its moments from the first x."""
        channels = x.shape[-1]
        kept = channels // 2
        conditioner = Conditioner(self.features, 2 * (channels - kept), name="conditioner")
        coupling = AffineCoupling(kept, conditioner, glow_log_scale)
        chain = Chain((self._actnorm(x), self._convolution(channels), coupling))
        return (chain.inverse(x), jnp.zeros(len(x), x.dtype)) if inverse else chain.forward_and_log_det(x)

    def _actnorm(self, x: Batch) -> ActNorm:
        return ActNorm(
            self.param("log_scale", lambda key: ActNorm.of(x).log_scale),
            self.param("shift", lambda key: ActNorm.of(x).shift),
        )

    def _convolution(self, channels: int) -> InvertibleConv:
        # One key, for the fixed and the learned parts have to belong to one rotation. Later only their shapes count.
        key = self.make_rng("params") if self.is_initializing() else jax.random.key(0)

        def begin(name: str) -> Array:
            return getattr(InvertibleConv.random(key, channels), name)

        fixed = (self.variable(FIXED, name, begin, name).value for name in PERMUTED)
        learned = (self.param(name, lambda _, name=name: begin(name)) for name in LEARNED)
        return InvertibleConv(*fixed, *learned)


class Exit(nn.Module):
    """A Gaussian of the channels that leave, whose mean and scale are made of those that stay."""

    @nn.compact
    def __call__(self, stays: Batch, leaves: Mapped, inverse: bool = False) -> tuple[Mapped, LogDet]:
        """The channels that leave, standardized, and the log-determinant of that; or the other way, and zeros."""
        mean, log_scale = jnp.split(zeros(2 * leaves.shape[-1], "conv")(stays), 2, axis=-1)
        if inverse:
            return mean + jnp.exp(log_scale) * leaves, jnp.zeros(len(leaves), leaves.dtype)
        return (leaves - mean) * jnp.exp(-log_scale), -log_scale.sum(axis=(1, 2, 3))


class Glow(nn.Module):
    """Images [n, H, W, C], with an even C and sides that can be halved between the levels, to `Latents` and back."""

    levels: int
    steps: int
    features: int

    @nn.compact
    def __call__(self, given: Batch | Latents) -> tuple[Batch | Latents, LogDet]:
        """The latents of images and the log-determinant of the whole map; or the images of latents, and zeros."""
        if isinstance(given, Latents):
            return self._images(given)
        left, x, log_det = [], given, jnp.zeros(len(given), given.dtype)
        for level in range(self.levels):
            for number in range(self.steps):
                x, more = self._step(level, number)(x)
                log_det = log_det + more
            if level + 1 < self.levels:
                stays, leaves = jnp.split(x, 2, axis=-1)
                standardized, more = self._exit(level)(stays, leaves)
                left.append(standardized)
                log_det = log_det + more
                x, _ = Squeeze().forward_and_log_det(stays)
        return Latents(tuple(left), x), log_det

    def _images(self, latents: Latents) -> tuple[Batch, LogDet]:
        x = latents.top
        for level in reversed(range(self.levels)):
            if level + 1 < self.levels:
                stays = Squeeze().inverse(x)
                leaves, _ = self._exit(level)(stays, latents.left[level], inverse=True)
                x = jnp.concatenate([stays, leaves], axis=-1)
            for number in reversed(range(self.steps)):
                x, _ = self._step(level, number)(x, inverse=True)
        return x, jnp.zeros(len(x), x.dtype)

    def _step(self, level: int, number: int) -> Step:
        return Step(self.features, name=f"level_{level}_step_{number}")

    def _exit(self, level: int) -> Exit:
        return Exit(name=f"level_{level}_exit")
