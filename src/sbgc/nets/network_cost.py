"""How many operations the noise prediction takes, with and without products with its Jacobian."""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp

from sbgc import operations
from sbgc.maths import divergence
from sbgc.nets.score_network import ScoreNetwork, Variables


def forward_flop(network: ScoreNetwork, image_shape: tuple[int, int, int]) -> float | None:
    """Operations of the network for one image; None where no backend counts them."""
    forward, variables, x = _of_one_image(network, image_shape)
    return operations.count(jax.jit(forward), variables, x)


def node_flop(network: ScoreNetwork, image_shape: tuple[int, int, int], num_probes: int) -> float | None:
    """Operations of the network and of `num_probes` products with its Jacobian at one point."""
    forward, variables, x = _of_one_image(network, image_shape)

    def node(variables: Variables, x: Any, probes: Any) -> Any:
        return divergence.value_and_divergence(partial(forward, variables), x, probes)

    return operations.count(jax.jit(node), variables, x, jax.ShapeDtypeStruct((num_probes, *x.shape), jnp.float32))


def _of_one_image(network: ScoreNetwork, image_shape: tuple[int, int, int]) -> tuple[Any, Any, Any]:
    """The network as a function of its variables and an image, and what both look like."""
    variables = jax.eval_shape(lambda key: network.init(key, image_shape), jax.random.key(0))
    time, label = jnp.zeros(1), jnp.zeros(1, jnp.int32)

    def forward(variables: Variables, x: Any) -> Any:
        return network.predict(variables, x[None], time, label)[0]

    return forward, variables, jax.ShapeDtypeStruct(image_shape, jnp.float32)
