"""Where in an image the log-determinant of an IB-INN comes from: a map of pixels that sums to it.

A coupling, and the actnorm after it, scale the numbers of each pixel of their own resolution; such a pixel is a tile of
the image, since Haar wavelets halve the image tile by tile. Wavelets, rotations and the cosine transform are
orthogonal. A coupling of all latents, after the transform, has no place and is spread over the whole image.

What couplings make is read off the network as it runs, because a change of the network's own module would plan every
training anew.
"""

import math
from typing import Any

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float

from sbgc.maths.bijectors import soft_clamp
from sbgc.maths.bijectors.protocol import Batch
from sbgc.nets.ib_inn import IBINN
from sbgc.nets.invertible_resnet import Bottleneck

Maps = Float[Array, "batch height width"]


def local_log_det(net: IBINN, variables: Any, x: Batch) -> Maps:
    """log |det dz/dx| in nats by pixel, of images on [0, L)^D: it sums to what `IBINN.latent` returns.

    The value of a coarser pixel is shared out evenly among the pixels of its tile.
    """
    height, width, channels = net.network.image_shape
    _, found = net.apply(
        variables, x, method="latent", capture_intermediates=_is_conditioner, mutable=["intermediates"]
    )
    total = jnp.full((len(x), height, width), -channels * math.log(net.grey_levels), x.dtype)
    for name, block in found["intermediates"]["network"].items():
        (made,) = block["bottleneck"]["__call__"]
        scales, _ = jnp.split(made, 2, axis=-1)
        log_scale = soft_clamp(net.network.clamp)(scales).sum(axis=-1)
        total += _spread(log_scale + variables["params"]["network"][name]["log_scale"].sum(), height, width)
    return total


def _is_conditioner(module: nn.Module, method: str) -> bool:
    return isinstance(module, Bottleneck) and method == "__call__"


def _spread(coarse: Float[Array, "batch rows columns"], height: int, width: int) -> Maps:
    rows, columns = height // coarse.shape[1], width // coarse.shape[2]
    return jnp.repeat(jnp.repeat(coarse, rows, axis=1), columns, axis=2) / (rows * columns)
