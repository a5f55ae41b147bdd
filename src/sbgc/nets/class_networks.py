"""A network for each class at high noise, and one for all classes at low noise.

A network whose classes share all parameters sees images under their own labels alone. At moderate noise it reads the
class off the image and leaves the label aside, so that it denoises an image well under any label, which costs a
classifier its gaps. A network that has seen one class has nothing to read. At low noise, where only the neighborhood of
a pixel counts, all classes ask the same, and one network learns it from all images
(docs/adr/0031-class-networks.md).
"""

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from sbgc.nets.noise_network import Batch, NoiseNetwork, Variables

Member = int | Int[Array, ""]


@dataclass(frozen=True)
class ClassNetworks:
    """eps_hat(z, t, y) of networks of one shape, which share no parameters; variables are stacked along a first axis.

    There is one member for each class in turn, and the last is for all of them. begin: the time from which on the
    member of the class predicts.
    """

    network: NoiseNetwork  # of a single class: no label changes what it predicts
    classes: int
    begin: float

    def init(self, key: Array, image_shape: tuple[int, int, int]) -> Variables:
        """The variables before training."""
        return jax.vmap(lambda key: self.network.init(key, image_shape))(jax.random.split(key, self.classes + 1))

    def predict(
        self, variables: Variables, z: Batch, times: Float[Array, " batch"], labels: Int[Array, " batch"]
    ) -> Batch:
        """eps_hat of a batch, each image by the member of its class and noise level."""
        members = jnp.where(times < self.begin, self.classes, labels)
        return jax.vmap(lambda z, t, m: self.of_member(variables, z[None], t[None], m)[0])(z, times, members)

    def of_member(
        self, variables: Variables, z: Batch, times: Float[Array, " batch"], member: Member, **training: Any
    ) -> Batch:
        """What one member predicts for all images of a batch."""
        own = jax.tree.map(lambda leaf: leaf[member], variables)
        return self.network.predict(own, z, times, jnp.zeros(len(z), jnp.int32), **training)
