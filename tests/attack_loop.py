"""What runs an attack in tests: the loop of a whole batch, against class scores that JAX can trace."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from sbgc.maths.attacks.losses import LOSSES, margin, ranked
from sbgc.maths.attacks.protocol import Goal, Seen


def goals(images, epsilon=np.inf, starts=None, seed=0):
    """The goals of a batch."""
    keys = jax.random.split(jax.random.key(seed), len(images))
    bounds = jnp.broadcast_to(jnp.asarray(epsilon, jnp.float32), len(images))
    return Goal(images, bounds, images if starts is None else starts, keys)


def seen_by(scores, loss="margin", targeted=False):
    """(image, label, target) -> what an attack is told; scores: of one image."""

    def see(image, label, target):
        order = ranked(scores(image), label, target)

        def of(image):
            chosen = scores(image)[order]
            return LOSSES[loss](chosen, targeted), margin(chosen, targeted)

        (value, found), gradient = jax.value_and_grad(of, has_aux=True)(image)
        return Seen(value, found, gradient, jnp.zeros(()), jnp.zeros_like(gradient))

    return see


def run(attack, scores, goal, labels, targets=None, loss="margin", asked=None):
    """The attacked images. asked: a list, to which the images of every step are added."""
    targeted = targets is not None
    targets = jnp.full_like(labels, -1) if targets is None else targets
    see = jax.jit(jax.vmap(seen_by(scores, loss, targeted)))
    asks, told = jax.jit(jax.vmap(attack.asks)), jax.jit(jax.vmap(attack.told))
    state = jax.vmap(attack.begin)(goal)
    for _ in range(attack.queries):
        images = asks(goal, state)
        if asked is not None:
            asked.append(np.asarray(images))
        state = told(goal, state, see(images, labels, targets))
    return jax.vmap(attack.result)(goal, state)


def margins(scores, images, labels):
    """The best wrong score minus the own one."""
    return jax.vmap(lambda image, label: margin(scores(image)[ranked(scores(image), label, -1)], False))(images, labels)


def sizes(norm, images, attacked):
    """The norms of the perturbations."""
    away = np.asarray(attacked - images, float).reshape(len(images), -1)
    return np.linalg.norm(away, ord=np.inf if norm == "linf" else 2, axis=1)


def network(shape, classes, hidden=24, seed=0):
    """Class scores of a small random network with smooth, curved decision boundaries."""
    random = np.random.default_rng(seed)
    dim = int(np.prod(shape))
    first, second = random.normal(size=(dim, hidden)) / np.sqrt(dim), random.normal(size=(hidden, classes))
    return partial(_network, jnp.asarray(6.0 * first, jnp.float32), jnp.asarray(second, jnp.float32))


def _network(first, second, image):
    return jnp.tanh((image.ravel() - 0.5) @ first) @ second
