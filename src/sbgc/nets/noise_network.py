"""The U-Net as the noise prediction eps_hat(z, t, y): its time scale and the precision of its arithmetic.

What is trained and what is evaluated both call it.
"""

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from sbgc.nets.unet import UNet

Batch = Float[Array, "batch height width channels"]
Variables = dict[str, Any]

POSITION_SCALE = 999.0  # the network sees 999 t, the discrete steps of DDPM (Song et al. 2021, appendix C)


@dataclass(frozen=True)
class NoiseNetwork:
    """eps_hat of images z on [-1, 1)^D, -sigma(t) times the score; precision: "float32" or "bfloat16"."""

    unet: UNet
    precision: str

    @classmethod
    def create(cls, num_classes: int, precision: str, **fields: Any) -> "NoiseNetwork":
        """With a U-Net of these fields (nets/unet.py)."""
        return cls(UNet(num_classes=num_classes, **fields), precision)

    def init(self, key: Array, image_shape: tuple[int, int, int]) -> Variables:
        """The variables before training."""
        return dict(self.unet.init(key, jnp.zeros((1, *image_shape)), jnp.zeros(1), jnp.zeros(1, jnp.int32)))

    def predict(
        self,
        variables: Variables,
        z: Batch,
        times: Float[Array, " batch"],
        labels: Int[Array, " batch"],
        **training: Any,
    ) -> Batch:
        """eps_hat of a batch. In bfloat16 parameters and images are cast to it, and the result is cast back.

        "float32" casts nothing, so that float64 stays what it is.
        """
        given = z.dtype
        if self.precision == "bfloat16":
            variables, z = jax.tree.map(lambda leaf: leaf.astype(jnp.bfloat16), (variables, z))
        predicted: Any = self.unet.apply(variables, z, POSITION_SCALE * times, labels, **training)
        return predicted.astype(given)
