"""The way of an attack, image by image as it asks for them, and where it lies among the centers of classes.

Mackowiak et al. 2021, figure 6. Classes are Gaussians of unit variance around their centers, so log p(y|x) of two of
them differs by half the difference of the squared distances of the latent z. In the plane through three centers their
boundaries are therefore straight lines, whatever z has outside of it.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from sbgc.maths.attacks.protocol import Attack, Goal
from sbgc.procedures.attacks.victim import Batch, Victim


class Way(NamedTuple):
    """Of each step [steps, images, ...]: the image that was asked for, on [0, 1], and its margin in nats."""

    images: np.ndarray
    margins: np.ndarray


def way(victim: Victim, attack: Attack, batch: Batch, goal: Goal) -> Way:
    """All that the attack asks for. Every class is scored at every step."""
    asks, told = jax.jit(jax.vmap(attack.asks)), jax.jit(jax.vmap(attack.told))
    state = jax.vmap(attack.begin)(goal)
    chosen = victim.rivals(batch, victim.class_scores(batch, goal.image, 0), victim.num_classes)
    images, margins = [], []
    for step in range(attack.queries):
        asked = asks(goal, state)
        seen = victim.see(batch, asked, chosen, step)
        state = told(goal, state, seen)
        images.append(np.asarray(asked))
        margins.append(np.asarray(seen.margin))
    return Way(np.stack(images), np.stack(margins))


def latents(model: Any, images: np.ndarray, noise: np.ndarray, levels: int) -> Float[np.ndarray, "steps dim"]:
    """z of images on [0, 1] of one image's way, with its noise u."""
    x = jnp.asarray((levels - 1) * images + noise, jnp.float32)
    return np.asarray(jax.jit(jax.vmap(model.latent))(x), float)


def in_plane(
    corners: Float[np.ndarray, "3 dim"], points: Float[np.ndarray, "points dim"]
) -> Float[np.ndarray, "points 2"]:
    """Coordinates in the plane through three centers: from the first one, along the way to the second, and aside.

    The third has a coordinate of at least 0 aside. Raises ValueError where the three lie on a line.
    """
    along = corners[1] - corners[0]
    length = np.linalg.norm(along)
    aside = corners[2] - corners[0]
    aside = aside - (aside @ along) * along / max(length**2, 1e-30)
    width = np.linalg.norm(aside)
    if min(length, width) <= 1e-6 * np.abs(corners).max():
        raise ValueError("the centers of three classes lie on a line")
    away = points - corners[0]
    return np.stack([away @ along / length, away @ aside / width], axis=1)
