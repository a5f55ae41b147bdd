"""The settings of attacks on the input of classifiers (maths/attacks), and how their images are judged.

All epsilons, and all lengths of steps, are on the scale where grey levels 0..L-1 are 0..1.
"""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from sbgc.config.analyses import Row, Scored
from sbgc.config.base import Count, Distinct, Int, Name, NonNegative, Positive, Settings, Small
from sbgc.config.likelihoods import Fast, Reference

CLEAN = "clean"  # the name under which the images before any attack are judged
BOUNDED = (
    "pgd",
    "apgd",
    "square",
    "noise",
)  # methods that are given the size of a perturbation; others look for the least
Norm = Literal["linf", "l2"]
Loss = Literal["margin", "cross_entropy", "dlr"]


def _less_null(named: Any) -> Any:
    """Null takes away what an experiment inherits."""
    return {key: one for key, one in named.items() if one is not None} if isinstance(named, dict) else named


LessNull = BeforeValidator(_less_null)
Queries = Annotated[Int, Field(ge=1, le=100_000)]
Targets = Annotated[Int, Field(ge=0, le=999)]  # how many of the strongest wrong classes are aimed at, each in turn


class PGD(Settings):
    """Projected gradient descent (Madry et al. 2018)."""

    method: Literal["pgd"]
    norm: Norm
    loss: Loss
    steps: Small
    relative_step: Positive  # of epsilon
    restarts: Small
    targets: Targets


class APGD(Settings):
    """Auto-PGD, which chooses its steps (Croce & Hein 2020)."""

    method: Literal["apgd"]
    norm: Norm
    loss: Loss
    steps: Small
    restarts: Small
    targets: Targets


class FastMinimumNorm(Settings):
    """The fast minimum-norm attack on the margin (Pintor et al. 2021)."""

    method: Literal["fast_minimum_norm"]
    norm: Norm
    steps: Small
    first_step: Positive  # in the Euclidean norm
    confidence: NonNegative  # the margin that is aimed at; nats, of a density
    targets: Targets


class CarliniWagner(Settings):
    """The attack of Carlini & Wagner 2017 on the margin."""

    method: Literal["carlini_wagner"]
    norm: Literal["l2"]
    steps: Small  # with each weight
    searches: Small  # weights
    learning_rate: Positive
    first_weight: Positive
    confidence: NonNegative
    targets: Targets


class Square(Settings):
    """Random squares, without gradients (Andriushchenko et al. 2020)."""

    method: Literal["square"]
    norm: Literal["linf"]
    loss: Loss
    steps: Queries
    area: Annotated[Positive, Field(le=1)]  # of the first squares, as a share of the image
    restarts: Small


class Boundary(Settings):
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

    likelihood: Annotated[Fast | Reference, Field(discriminator="procedure")]  # of models whose log p is estimated
    rivals: Small  # wrong classes that a step looks at, at most, where classes cost one by one
    enough: NonNegative  # nats, of a density: the margin from which on an image is attacked no further
    fresh: Annotated[tuple[Literal["probes", "noise"], ...], Distinct]  # what each step draws anew


class Transfers(Settings):
    """Attacks on each model, judged by all others (Carlini et al. 2019, section 3)."""

    methods: Annotated[tuple[Name, ...], Field(min_length=1, max_length=20), Distinct]  # among those of the attacks
    epsilons: Annotated[dict[Norm, Positive], Field(min_length=1), LessNull]  # of the accuracies that are shown


class Attacks(Scored):
    """White-box attacks on the first test images. `likelihood`, and the draws of the evaluation, judge them."""

    images: Count
    pictures: Annotated[tuple[Row, ...], Field(min_length=1, max_length=6), Distinct]  # that are shown, among these
    attacked: Attacked
    epsilons: Annotated[
        dict[Norm, Annotated[tuple[Positive, ...], Field(min_length=1, max_length=100), Distinct]],
        Field(min_length=1),
        LessNull,
    ]
    methods: Annotated[dict[Name, Method], Field(min_length=1, max_length=20), LessNull]
    transfers: Transfers | None = None


def bounds(attacks: Attacks, name: str) -> tuple[float, ...]:
    """The epsilons that a method is given; none where it looks for the least perturbation."""
    method = attacks.methods[name]
    return attacks.epsilons[method.norm] if method.method in BOUNDED else ()


def rows(attacks: Attacks, name: str) -> int:
    """The images that an attack leaves behind, in all of its bounds; of the images before any attack, their number."""
    return attacks.images if name == CLEAN else attacks.images * (len(bounds(attacks, name)) or 1)
