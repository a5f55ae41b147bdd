"""What every bijector offers, and several of them in turn."""

from typing import NamedTuple, Protocol

import jax.numpy as jnp
from jaxtyping import Array, Float

Batch = Float[Array, "batch height width channels"]
Mapped = Float[Array, "batch height_out width_out channels_out"]
LogDet = Float[Array, " batch"]  # log |det dy/dx| of each image, in nats


class Bijector(Protocol):
    """An invertible map of each image of a batch."""

    def forward_and_log_det(self, x: Batch) -> tuple[Mapped, LogDet]:
        """y, and log |det dy/dx| of each image."""
        ...

    def inverse(self, y: Batch) -> Mapped:
        """The x with forward(x) = y."""
        ...


class Chain(NamedTuple):
    """Bijectors one after the other, the first one first."""

    parts: tuple[Bijector, ...]

    def forward_and_log_det(self, x: Batch) -> tuple[Mapped, LogDet]:
        """The last one's y, and the sum of all log-determinants."""
        total = jnp.zeros(len(x), x.dtype)
        for part in self.parts:
            x, log_det = part.forward_and_log_det(x)
            total = total + log_det
        return x, total

    def inverse(self, y: Batch) -> Mapped:
        """All inverses, the last one's first."""
        for part in reversed(self.parts):
            y = part.inverse(y)
        return y
