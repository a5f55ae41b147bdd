"""The gradient of a batch's loss, taken in parts, each of which is attacked where the trainer asks for it."""

from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array

from sbgc.trainer import Images, Labels, Trainer, Variables, Views
from sbgc.types import Key, Scalar

Noisy = tuple[Images | Views, Images | Views]  # in grey levels, and the noise that dequantizes them
ATTACK = 2**31 - 1  # what the key of a part's attack is folded with: no part has this number


def of_batch(
    trainer: Trainer, parts: int, variables: Variables, noisy: Noisy, labels: Labels, key: Key
) -> tuple[tuple[Scalar, Any], Any]:
    """The loss, the new mutable state and the gradient, computed for the parts of the batch one after the other.

    Each part is attacked by itself, so that this takes no more memory than its gradient.
    """

    def of_part(mutable: Variables, noisy: Noisy, labels: Labels, key: Key) -> tuple[tuple[Scalar, Any], Any]:
        images, noise = noisy
        if trainer.attacked:
            present, attack_key = {**mutable, "params": variables["params"]}, jax.random.fold_in(key, ATTACK)
            images = trainer.attacked(present, images, noise, labels, attack_key)
        dequantized = images + noise

        def loss(params: Any) -> tuple[Scalar, Variables]:
            return trainer.loss({**mutable, "params": params}, dequantized, labels, key)

        return jax.value_and_grad(loss, has_aux=True)(variables["params"])

    mutable = {name: tree for name, tree in variables.items() if name != "params"}
    if parts == 1:
        return of_part(mutable, noisy, labels, key)

    def accumulate(carry: Any, part: tuple[Noisy, Labels, Array]) -> tuple[Any, None]:
        mutable, total, summed = carry
        noisy, labels, number = part
        (value, mutable), gradient = of_part(mutable, noisy, labels, jax.random.fold_in(key, number))
        return (mutable, total + value / parts, jax.tree.map(lambda s, g: s + g / parts, summed, gradient)), None

    # A part consists of every parts-th image. Where the batch is spread over devices, each holds a share of every part.
    noisy, labels = jax.tree.map(lambda a: jnp.moveaxis(a.reshape(-1, parts, *a.shape[1:]), 1, 0), (noisy, labels))
    start = mutable, jnp.zeros(()), jax.tree.map(jnp.zeros_like, variables["params"])
    unroll = parts if jax.default_backend() == "cpu" else 1  # XLA's CPU backend is slow at gradients inside a loop
    (mutable, value, gradient), _ = jax.lax.scan(accumulate, start, (noisy, labels, jnp.arange(parts)), unroll=unroll)
    return (value, mutable), gradient
