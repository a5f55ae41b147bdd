"""Denoising score matching (SBGC 2.1), of plain settings."""

from typing import Any

import jax
import optax
from jaxtyping import Array, Float

from sbgc.maths import score_matching
from sbgc.maths.score_matching import Times
from sbgc.maths.sde import SDE
from sbgc.nets.noise_network import NoiseNetwork
from sbgc.trainer import Images, Labels, Trainer, Variables
from sbgc.types import Key, Scalar


def trainer(
    network: NoiseNetwork,
    process: SDE,
    levels: int,
    image_shape: tuple[int, int, int],
    objective: dict[str, Any],
    optimizer: optax.GradientTransformation,
) -> Trainer:
    """Denoising score matching of images of so many grey levels, under the objective's weighting of time."""

    def init(key: Key, images: Images, labels: Labels) -> Variables:
        del images, labels
        return network.init(key, image_shape)

    def loss(variables: Variables, images: Images, labels: Labels, key: Key) -> tuple[Scalar, Variables]:
        time_key, noise_key, dropout_key = jax.random.split(key, 3)
        times, weights = score_matching.sample_times(process, time_key, len(images), **objective)

        def eps_hat(z: Images, times: Times) -> Float[Array, "batch height width channels"]:
            return network.predict(variables, z, times, labels, train=True, rngs={"dropout": dropout_key})

        z = 2.0 * images / levels - 1.0
        return score_matching.loss(process, eps_hat, z, times, weights, noise_key), {}

    return Trainer(init, loss, optimizer)
