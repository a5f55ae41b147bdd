"""What an attack is told of the scores of a batch: loss and margin, and what a detector makes of log p(x)."""

from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from sbgc.maths.acceptance import Band
from sbgc.maths.attacks.detection import accepted_margin, excess, furthest, log_marginal
from sbgc.maths.attacks.losses import LOSSES, margin
from sbgc.procedures.scoring.bayes import ClassScores


@dataclass(frozen=True)
class Settings:
    """How the classifier is attacked.

    loss: its name. targeted: whether a batch's targets are aimed at. levels: of grey. seed: of the probes and of new
    noise. fresh_probes, fresh_noise: whether these are drawn anew at each step. with_gradient: whether one is wanted.
    evaded: what the detector accepts that is to be evaded; None where there is none. apart: whether the attack weighs
    the detector by itself; else loss and margin are those of both goals.
    """

    loss: str
    targeted: bool
    levels: int
    seed: int
    fresh_probes: bool
    fresh_noise: bool
    with_gradient: bool
    evaded: Band | None = None
    apart: bool = False


class OfScores(NamedTuple):
    """What a step is told of the scores of a batch: losses, margins, excesses, and slopes of the first and the last."""

    loss: Array
    margin: Array
    excess: Array
    slope: ClassScores
    excess_slope: ClassScores


@partial(jax.jit, static_argnums=(1, 2))
def of_scores(scores: ClassScores, settings: Settings, num_classes: int) -> OfScores:
    """Of the scores of some classes of each image, the own class first (losses.ranked); num_classes: of all."""
    return jax.vmap(partial(_of_image, settings, num_classes))(scores)


def _of_image(settings: Settings, num_classes: int, scores: Float[Array, " chosen"]) -> OfScores:
    """Of the chosen classes of one image. Any wrong class will do for the margin."""
    loss, slope = jax.value_and_grad(lambda one: LOSSES[settings.loss](one, settings.targeted))(scores)
    found, none = margin(scores, False), jnp.zeros_like(scores)
    if (band := settings.evaded) is None:
        return OfScores(loss, found, jnp.zeros_like(loss), slope, none)
    outside, outside_slope = jax.value_and_grad(lambda one: excess(band, log_marginal(one, num_classes)))(scores)
    if settings.apart:
        return OfScores(loss, found, outside, slope, outside_slope)
    loss, slope = furthest(loss, slope, outside, outside_slope)
    return OfScores(loss, accepted_margin(found, outside), jnp.zeros_like(loss), slope, none)
