"""What attacks make large, as functions of the scores of some classes of one image.

The first of the classes is the image's own. In a targeted attack the second is the target.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from sbgc.types import ClassLogits, Label, Scalar

Scores = Float[Array, " chosen"]


def ranked(scores: ClassLogits, label: Label | int, target: Label | int) -> Int[Array, " classes"]:
    """All classes: the own one, the target where there is one, and the others from the highest score down."""
    classes = jnp.arange(len(scores))
    place = jnp.where(classes == target, 1, jnp.where(classes == label, 0, 2))
    return jnp.lexsort((-scores, place))


def margin(scores: Scores, targeted: bool) -> Scalar:
    """The best wrong score minus the own one; or the target's minus the best other one. Positive: the goal is reached.

    It never saturates, where cross-entropy vanishes as soon as one class leads by tens of nats.
    """
    if targeted:
        return scores[1] - scores.at[1].set(-jnp.inf).max()
    return scores[1:].max() - scores[0]


def cross_entropy(scores: Scores, targeted: bool) -> Scalar:
    """-log p(own class|x) in nats; or log p(target|x)."""
    log_posterior = jax.nn.log_softmax(scores)
    return log_posterior[1] if targeted else -log_posterior[0]


def difference_of_logits_ratio(scores: Scores, targeted: bool) -> Scalar:
    """The margin on the scale of the scores' own differences (Croce & Hein 2020, eq. 6 and 7); it needs 4 classes.

    Untargeted: (max other - own) / (first - third) of the sorted scores. Targeted: (target - own) / (first - (third +
    fourth) / 2).
    """
    top = jnp.sort(scores)[::-1]
    if targeted:
        return (scores[1] - scores[0]) / (top[0] - 0.5 * (top[2] + top[3]) + 1e-12)
    return (scores[1:].max() - scores[0]) / (top[0] - top[2] + 1e-12)


LOSSES: dict[str, Callable[[Scores, bool], Scalar]] = {
    "margin": margin,
    "cross_entropy": cross_entropy,
    "dlr": difference_of_logits_ratio,
}
CLASSES_NEEDED = {"margin": 2, "cross_entropy": 2, "dlr": 4}
