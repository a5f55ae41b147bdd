"""Whether an attack's gradient points upward: its loss must rise faster along it than in a random direction.

A gradient that does not, because it is masked or too noisy, tells nothing of robustness (Carlini et al. 2019, section
3.10; Athalye et al. 2018).
"""

from functools import partial

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool

from sbgc.keys import key_for
from sbgc.maths.attacks import balls
from sbgc.procedures.attacks.victim import Batch, Classes, Images, Victim
from sbgc.types import Keys, Scalar

PART_OF_BOUND = 0.1  # how long the steps are, relative to the smallest bound of the attack


def random_wins(
    victim: Victim, batch: Batch, images: Images, chosen: Classes, norm: str, epsilon: float
) -> Bool[Array, " batch"]:
    """For each image, whether the loss rises no less in a random direction than along its own gradient.

    Both steps have the same length in `norm`, and end in the cube. All losses are of the same noise and probes.
    """
    length = jnp.float32(PART_OF_BOUND * epsilon)
    keys = jax.vmap(partial(key_for, victim.settings.seed, "attack-direction"))(batch.numbers)
    here = victim.see(batch, images, chosen, 0)
    along, aside = _steps(norm, images, here.gradient, keys, length)
    rises = [victim.see(batch, moved, chosen, 0).loss - here.loss for moved in (along, aside)]
    return rises[1] >= rises[0]


@partial(jax.jit, static_argnums=0)
def _steps(norm: str, images: Images, gradient: Images, keys: Keys, length: Scalar) -> tuple[Images, Images]:
    """A step along the gradient, and one in a random direction, of each image."""
    random = jax.vmap(lambda key: jax.random.normal(key, images.shape[1:]))(keys)
    steepest = jax.vmap(partial(balls.steepest, norm))
    along, aside = (jnp.clip(images + length * steepest(one), 0.0, 1.0) for one in (gradient, random))
    return along, aside
