"""The settings of defences: what is done to an image before another model classifies it.

Lengths are on the scale where grey levels 0..L-1 are 0..1.
"""

from typing import Annotated, Literal

from pydantic import Field

from sbgc.config.base import Positive, Settings, Small


class Averaging(Settings):
    """The mean posterior over Gaussian perturbations of the image (Lecuyer et al. 2019; Cohen et al. 2019)."""

    name: Literal["averaging"]
    std: Positive  # of the perturbations
    draws: Small


class Maximization(Settings):
    """The image climbs log p(x) within a ball of l_inf before it is classified (Song et al. 2018)."""

    name: Literal["maximization"]
    epsilon: Positive  # of the ball
    steps: Small
    step: Positive  # of each pixel


Defence = Annotated[Averaging | Maximization, Field(discriminator="name")]
