"""The U-Net as the noise prediction eps_hat(z, t, y): its time scale, the precision of its arithmetic, its cost.

What is trained and what is evaluated both call it.
"""

from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from sbgc.maths import divergence
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
        image = jnp.zeros((1, *image_shape))
        return dict(self.unet.init(key, image, jnp.zeros(1), jnp.zeros(1, jnp.int32)))

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


def forward_flop(network: NoiseNetwork, image_shape: tuple[int, int, int]) -> float:
    """Operations of the network for one image. They are counted by XLA; nothing is compiled or run."""
    forward, variables, x = _of_one_image(network, image_shape)
    return _flop(forward, variables, x)


def node_flop(network: NoiseNetwork, image_shape: tuple[int, int, int], num_probes: int) -> float:
    """Operations of the network and of `num_probes` products with its Jacobian at one point."""
    forward, variables, x = _of_one_image(network, image_shape)

    def node(variables: Variables, x: Any, probes: Any) -> Any:
        return divergence.value_and_divergence(partial(forward, variables), x, probes)

    return _flop(node, variables, x, jax.ShapeDtypeStruct((num_probes, *x.shape), jnp.float32))


def _of_one_image(network: NoiseNetwork, image_shape: tuple[int, int, int]) -> tuple[Any, Any, Any]:
    """The network as a function of its variables and an image, and what both look like."""
    variables = jax.eval_shape(lambda key: network.init(key, image_shape), jax.random.key(0))
    time, label = jnp.zeros(1), jnp.zeros(1, jnp.int32)

    def forward(variables: Variables, x: Any) -> Any:
        return network.unet.apply(variables, x[None], time, label)[0]

    return forward, variables, jax.ShapeDtypeStruct(image_shape, jnp.float32)


def _flop(function: Any, *arguments: Any) -> float:
    counted: Any = jax.jit(function).lower(*arguments).cost_analysis()
    return float(counted["flops"])
