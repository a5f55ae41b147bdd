"""What a model page gives the training procedure: how to begin, what to descend, and by which rule."""

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
    """A trainable model; its page offers `trainer(spec) -> Trainer`.

    init: a key to the first variables.
    loss: (variables, images, labels, key) to the batch's mean loss and the new mutable state, which is the next step's
    variables["batch_stats"], or None where there is none. Gradients are taken with respect to variables["params"] only.
    optimizer: the whole rule, with its schedule, clipping and weight decay; the number of steps that a schedule needs
    is spec["settings"]["training"]["steps"].

    views: how many views of each image the loss compares; with more than one it is given `Views`, the first without
    AugMix.

    The procedure keeps an exponential moving average of params and of batch_stats alike: the averaged weights are
    evaluated with statistics averaged over the same steps. The exported parameters are that average.
    """

    init: Callable[[Key], Variables]
    loss: Callable[[Variables, Any, Labels, Key], tuple[Scalar, Any]]
    optimizer: optax.GradientTransformation
    views: int = 1
