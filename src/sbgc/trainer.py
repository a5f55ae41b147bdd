"""What the training procedure needs of a model: how to begin, what to minimize, and by which rule."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, Int

from sbgc.types import Key, Scalar

Variables = dict[str, Any]  # {"params": ..., and any collection of mutable state, such as running statistics}
Images = Float[Array, "batch height width channels"]  # dequantized, grey levels on [0, L)^D
Views = Float[Array, "batch views height width channels"]
Labels = Int[Array, " batch"]


class Trainer(NamedTuple):
    """A model that is fitted by descent. Its page in fitting/ offers `trainer(spec) -> Trainer`.

    init: makes the first variables from (key, images, labels). The batch is the first one of the training, dequantized,
    so that a layer can set its scale by it.
    loss: makes, from (variables, images, labels, key), the mean loss of the batch and the new mutable state, which is a
    mapping of all collections other than "params". Gradients are taken with respect to variables["params"] alone.
    optimizer: the whole rule, with its schedule (`following`), clipping and weight decay.
    views: how many views of each image the loss compares. With more than one, the loss receives `Views`, the first of
    which is without AugMix.
    members: which networks a step takes, by the labels of its batch, where variables are stacked and their first axis
    counts networks. The loss, the optimizer and the average then see these alone, in this order. None: all variables.
    attacked: makes, from (variables, images, noise, labels, key), the images that the loss sees in place of these, all
    in grey levels; the same noise is added to them. None: they stay as they are.

    The procedure keeps an exponential moving average of all variables, so that averaged weights are evaluated with
    statistics averaged over the same steps. The exported parameters are that average.
    """

    init: Callable[[Key, Images, Labels], Variables]
    loss: Callable[[Variables, Any, Labels, Key], tuple[Scalar, Variables]]
    optimizer: optax.GradientTransformation
    views: int = 1
    members: Callable[[Labels], Int[Array, " members"]] | None = None
    attacked: Callable[[Variables, Images, Images, Labels, Key], Images] | None = None


def following(schedule: optax.Schedule) -> optax.GradientTransformationExtraArgs:
    """The last link of an optimizer: minus the learning rate at `at`, the place on the schedule in steps.

    Training says where it is, by its steps or by a clock.
    """

    def update(updates: Any, state: optax.OptState, params: Any = None, *, at: Array, **others: Any) -> Any:
        del params, others
        rate = -1 * jnp.asarray(schedule(at))
        return jax.tree.map(lambda value: rate.astype(value.dtype) * value, updates), state

    return optax.GradientTransformationExtraArgs(lambda params: optax.EmptyState(), update)
