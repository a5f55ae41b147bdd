"""What the training procedure needs of a model: how to begin, what to descend, and by which rule."""

from collections.abc import Callable
from typing import Any, NamedTuple

import optax
from jaxtyping import Array, Float, Int

from sbgc.config.models import Training
from sbgc.config.spec import Spec
from sbgc.types import Key, Scalar

Variables = dict[str, Any]  # {"params": ..., and any collection of mutable state, such as running statistics}
Images = Float[Array, "batch height width channels"]  # dequantized, grey levels on [0, L)^D
Views = Float[Array, "batch views height width channels"]
Labels = Int[Array, " batch"]


class Trainer(NamedTuple):
    """A model that is fitted by descent; its page in fitting/ offers `trainer(spec) -> Trainer`.

    init: (key, images, labels) to the first variables. The batch is the first of the training, dequantized: a layer may
    set its scale by it. loss: (variables, images, labels, key) to the batch's mean loss and the new mutable state, a
    mapping of the collections other than "params". Gradients are taken with respect to variables["params"] only.
    optimizer: the whole rule, with its schedule, clipping and weight decay.

    views: how many views of each image the loss compares. With more than one it is given `Views`, the first of which is
    without AugMix.

    The procedure keeps an exponential moving average of all variables: the averaged weights are evaluated with
    statistics that are averaged over the same steps. The exported parameters are that average.
    """

    init: Callable[[Key, Images, Labels], Variables]
    loss: Callable[[Variables, Any, Labels, Key], tuple[Scalar, Variables]]
    optimizer: optax.GradientTransformation
    views: int = 1


def training_of(spec: Spec) -> Training:
    """How long a model that is fitted by descent is trained, and on what."""
    settings: Any = spec.settings  # any kind that is fitted by descent
    return settings.training
