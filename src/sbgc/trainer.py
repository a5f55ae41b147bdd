"""What a model page gives the training procedure: how to begin, what to minimize, and by which rule."""

from collections.abc import Callable
from typing import Any, NamedTuple

import optax
from jaxtyping import Array, Float, Int

from sbgc.types import Key, Scalar

Variables = dict[str, Any]  # {"params": ..., and "batch_stats": ... when the net has running statistics}
Images = Float[Array, "batch height width channels"]  # dequantized, grey levels on [0, L)^D
Views = Float[Array, "batch views height width channels"]
Labels = Int[Array, " batch"]


class Trainer(NamedTuple):
    """A trainable model. Its page offers `trainer(spec) -> Trainer`.

    init: makes the first variables from a key.
    loss: makes, from (variables, images, labels, key), the mean loss of the batch and the new mutable state. That state
    becomes variables["batch_stats"] of the next step; it is None where there is none. Gradients are taken with respect
    to variables["params"] alone.
    optimizer: the whole rule, with its schedule, clipping and weight decay. A schedule takes its number of steps from
    spec["settings"]["training"]["steps"].
    views: how many views of each image the loss compares. With more than one, the loss receives `Views`, of which the
    first is without AugMix.

    The procedure keeps an exponential moving average of both params and batch_stats, so that averaged weights are
    evaluated with statistics averaged over the same steps. The exported parameters are that average.
    """

    init: Callable[[Key], Variables]
    loss: Callable[[Variables, Any, Labels, Key], tuple[Scalar, Any]]
    optimizer: optax.GradientTransformation
    views: int = 1
