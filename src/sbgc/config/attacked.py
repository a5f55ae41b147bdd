"""The settings of attacks on the input of classifiers (maths/attacks), and how their images are judged.

All epsilons, and all lengths of steps, are on the scale where grey levels 0..L-1 are 0..1.
"""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from sbgc.config.analyses import Row, Scored
from sbgc.config.base import (
    Bool,
    Count,
    Distinct,
    Draws,
    Fraction,
    Int,
    Name,
    NonNegative,
    Norm,
    OrInfinity,
    Positive,
    Settings,
    Small,
)
from sbgc.config.likelihoods import Fast, Reference

CLEAN = "clean"  # the name under which the images before any attack are judged
Loss = Literal["margin", "cross_entropy", "dlr"]


def _less_null(named: Any) -> Any:
    """Null takes away what an experiment inherits."""
    return {key: one for key, one in named.items() if one is not None} if isinstance(named, dict) else named


LessNull = BeforeValidator(_less_null)
Queries = Annotated[Int, Field(ge=1, le=100_000)]
Test = Literal["likelihood", "typicality"]  # of log p(x) against training images (maths/acceptance.py)
Targets = Annotated[Int, Field(ge=0, le=999)]  # how many of the strongest wrong classes are aimed at, each in turn


class Evading(Settings):
    """An attack that may work against a detector, too, on the models that have a density and learn classes.

    undefended: whether the attack is on the models that defences guard, as if there were no defence (Athalye et al.
    2018: gradients through a defence may mislead the attack). Its images are judged behind the defence.
    """

    evades: Test | None = None  # the test that the images are to pass; None: none
    models: Annotated[tuple[Name, ...], Field(min_length=1), Distinct] | None = None  # None: on all that it can be on
    undefended: Bool = False


class PGD(Evading):
    """Projected gradient descent (Madry et al. 2018)."""

    method: Literal["pgd"]
    norm: Norm
    loss: Loss
    steps: Small
    relative_step: Positive  # of epsilon
    last_step: Positive | None = None  # of epsilon, to which steps fall along half a cosine; None: all have one length
    restarts: Small
    targets: Targets


class APGD(Evading):
    """Auto-PGD, which chooses its steps (Croce & Hein 2020)."""

    method: Literal["apgd"]
    norm: Norm
    loss: Loss
    steps: Small
    restarts: Small
    targets: Targets


class FastMinimumNorm(Evading):
    """The fast minimum-norm attack on the margin (Pintor et al. 2021)."""

    method: Literal["fast_minimum_norm"]
    norm: Norm
    steps: Small
    first_step: Positive  # in the Euclidean norm
    confidence: NonNegative  # the margin that is aimed at; nats, of a density
    targets: Targets


class CarliniWagner(Evading):
    """The attack of Carlini & Wagner 2017 on the margin, and that on a detector beside it."""

    method: Literal["carlini_wagner"]
    norm: Literal["l2"]
    steps: Small  # with each weight
    searches: Small  # weights
    learning_rate: Positive
    first_weight: Positive
    confidence: OrInfinity  # infinity: as large a margin as the one weight pays for
    targets: Targets
    detector_weight: NonNegative | None = None  # None: that of the margin; else fixed (Mackowiak et al. 2021, eq. 12)


class Square(Evading):
    """Random squares, without gradients (Andriushchenko et al. 2020)."""

    method: Literal["square"]
    norm: Literal["linf"]
    loss: Loss
    steps: Queries
    area: Annotated[Positive, Field(le=1)]  # of the first squares, as a share of the image
    restarts: Small


class Boundary(Evading):
    """A walk along the decision boundary, without gradients (Brendel et al. 2018)."""

    method: Literal["boundary"]
    norm: Literal["l2"]
    steps: Queries
    first_step: Annotated[Positive, Field(lt=1)]  # relative to the distance from the image
    confidence: NonNegative


class Noise(Settings):
    """Random perturbations as large as the bound: what any attack must beat."""

    method: Literal["noise"]
    norm: Norm
    steps: Queries


Method = Annotated[
    PGD | APGD | FastMinimumNorm | CarliniWagner | Square | Boundary | Noise, Field(discriminator="method")
]


class Attacked(Settings):
    """The classifier that an attack works on, in place of its judge."""

    # Of models whose log p is estimated: likelihood, draws of noise that a step averages over, and fresh noise. The
    # others cost little, and average over all draws of the judge.
    likelihood: Annotated[Fast | Reference, Field(discriminator="procedure")]
    draws: Draws
    rivals: Small  # wrong classes that a step looks at, at most, where classes cost one by one
    enough: NonNegative  # nats, of a density: the margin from which on an image is attacked no further
    fresh: Annotated[tuple[Literal["probes", "noise"], ...], Distinct]  # what each step draws anew


class Detection(Settings):
    """Tests that call images outliers by their log p(x), which attacks may evade (Fetaya et al. 2020, section 4.3)."""

    reference: Name  # the evaluation of training images that log p(x) is compared with
    false_positive_rate: Fraction  # what has a p-value of at most this is called an outlier
    within: dict[Norm, Positive]  # sizes of perturbations up to which attacks count in the table of detection


class Trajectories(Settings):
    """The way of an attack through the latent space of the models that have one (Mackowiak et al. 2021, figure 6)."""

    method: Name  # of Carlini and Wagner's, with one weight
    images: Annotated[tuple[Row, ...], Field(min_length=1, max_length=10), Distinct]


class Transfers(Settings):
    """Attacks on each model, judged by all others (Carlini et al. 2019, section 3)."""

    methods: Annotated[tuple[Name, ...], Field(min_length=1, max_length=20), Distinct]  # among those of the attacks
    epsilons: Annotated[dict[Norm, Positive], Field(min_length=1), LessNull]  # within which images are judged by others


class Attacks(Scored):
    """White-box attacks on the first test images. `likelihood`, and the draws of the evaluation, judge them."""

    images: Count
    judged_again: Bool = False  # whether a second judge, with other noise and probes, tells if the first was fooled
    pictures: Annotated[tuple[Row, ...], Field(min_length=1, max_length=6), Distinct]  # that are shown, among these
    attacked: Attacked
    detection: Detection | None = None
    trajectories: Trajectories | None = None
    epsilons: Annotated[
        dict[Norm, Annotated[tuple[Positive, ...], Field(min_length=1, max_length=100), Distinct]],
        Field(min_length=1),
        LessNull,
    ]
    methods: Annotated[dict[Name, Method], Field(min_length=1, max_length=40), LessNull]
    transfers: Transfers | None = None
