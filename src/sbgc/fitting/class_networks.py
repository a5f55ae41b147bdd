"""Denoising score matching of a network for each class and one for all of them (nets/class_networks.py)."""

from typing import Any

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, Int

from sbgc import optimizers
from sbgc.maths import score_matching
from sbgc.maths.score_matching import Times
from sbgc.maths.sde import SDE
from sbgc.nets.class_networks import ClassNetworks
from sbgc.trainer import Images, Labels, Trainer, Variables
from sbgc.types import Key, Scalar


def trainer(
    networks: ClassNetworks,
    process: SDE,
    levels: int,
    image_shape: tuple[int, int, int],
    shared: float,
    objective: dict[str, Any],
    optimizer: optax.GradientTransformation,
) -> Trainer:
    """Batches are of one class each; a share is noised for the network of all classes, the rest for the class's.

    The loss is that of `denoising.trainer` in expectation. It sees the two networks alone, in this order.
    """

    def init(key: Key, images: Images, labels: Labels) -> Variables:
        del images, labels
        return networks.init(key, image_shape)

    def loss(variables: Variables, images: Images, labels: Labels, key: Key) -> tuple[Scalar, Variables]:
        time_key, noise_key, *dropout_keys = jax.random.split(key, 4)
        border = score_matching.place_of(process, jnp.float32(networks.begin), objective["importance_sampling"])
        uniform = score_matching.low_discrepancy(time_key, len(images))
        below = round(shared * len(images))
        places, shares = score_matching.on_both_sides(uniform, border, below)
        times, weights = score_matching.times_at(process, places, **objective)

        def eps_hat(z: Images, times: Times) -> Float[Array, "batch height width channels"]:
            def predicted(member: int, rows: slice) -> Images:
                rngs = {"dropout": dropout_keys[member]}
                return networks.of_member(variables, z[rows], times[rows], member, train=True, rngs=rngs)

            return jnp.concatenate([predicted(0, slice(below)), predicted(1, slice(below, None))])

        z = 2.0 * images / levels - 1.0
        return score_matching.loss(process, eps_hat, z, times, shares * weights, noise_key), {}

    def members(labels: Labels) -> Int[Array, "members"]:
        return jnp.stack([jnp.int32(networks.classes), labels[0]])

    return Trainer(init, loss, optimizers.of_members(optimizer), members=members)
