"""A scale and a shift for each channel, which begin by giving a first batch mean 0 and variance 1.

Kingma & Dhariwal 2018, "Glow", section 3.1.
"""

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float

from sbgc.maths.bijectors.protocol import Batch, LogDet

SMALLEST = 1e-6  # of a standard deviation, so that a channel that is constant stays finite


class ActNorm(NamedTuple):
    """y = exp(log_scale) (x + shift), for each channel."""

    log_scale: Float[Array, " channels"]
    shift: Float[Array, " channels"]

    @classmethod
    def of(cls, x: Batch) -> "ActNorm":
        """The one that gives each channel of this batch mean 0 and variance 1 over images and pixels."""
        mean, std = x.mean(axis=(0, 1, 2)), x.std(axis=(0, 1, 2))
        return cls(-jnp.log(jnp.maximum(std, SMALLEST)), -mean)

    def forward_and_log_det(self, x: Batch) -> tuple[Batch, LogDet]:
        """H W sum_c log_scale_c is the same for all images."""
        batch, height, width, _ = x.shape
        log_det = height * width * self.log_scale.sum()
        return (x + self.shift) * jnp.exp(self.log_scale), jnp.broadcast_to(log_det, (batch,))

    def inverse(self, y: Batch) -> Batch:
        """exp(-log_scale) y - shift."""
        return y * jnp.exp(-self.log_scale) - self.shift
