"""How models are trained, or what takes the place of a training."""

from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from sbgc.config.base import (
    Bool,
    Count,
    Distinct,
    FilePath,
    Fraction,
    Hash,
    Int,
    NonNegative,
    Norm,
    OrInfinity,
    Positive,
    Real,
    Settings,
    Small,
)


class Objective(Settings):
    """Weighting of the denoising loss over time (Song et al. 2021b)."""

    likelihood_weighting: Bool
    importance_sampling: Bool


class Adam(Settings):
    """Adam with linear warm-up and a global-norm clip."""

    learning_rate: Positive
    warmup_steps: Count
    clip_norm: Positive
    cosine_decay: Bool


class Stairs(Settings):
    """A learning rate that falls by a factor at fractions of the training."""

    at: Annotated[tuple[Annotated[Real, Field(gt=0, lt=1)], ...], Field(min_length=1, max_length=100), Distinct]
    factor: Annotated[Real, Field(gt=0, lt=1)]


class Momentum(Settings):
    """SGD with momentum."""

    learning_rate: Positive
    momentum: Fraction
    weight_decay: NonNegative
    stairs: Stairs | None  # None: a cosine to 0 at the last step


class Nesterov(Momentum):
    """SGD with Nesterov momentum."""


class Bottleneck(Settings):
    """The information-bottleneck loss (Mackowiak et al. 2021, equation 5), and the noise that it needs."""

    beta: OrInfinity  # weight of the classes; 0: log p(x) alone, infinity: classes alone
    smoothing: Fraction  # of labels
    noise: NonNegative  # standard deviation of normal noise in training, as a fraction of the grey levels


class SGD(Settings):
    """SGD with momentum, linear warm-up and a global-norm clip."""

    learning_rate: Positive
    warmup_steps: Count  # without any, the first steps can throw all class means onto one point
    momentum: Fraction
    weight_decay: NonNegative
    clip_norm: Positive
    stairs: Stairs | None  # None: a cosine to 0 at the last step


class FlowOptimizer(Settings):
    """Adam or Adamax, with linear warm-up and a global-norm clip."""

    rule: Literal["adam", "adamax"]
    learning_rate: Positive
    warmup_steps: Count
    clip_norm: Positive
    stairs: Stairs | None  # None: a cosine to 0 at the last step


Fill = Literal[
    "reflect", "edge", "surroundings"
]  # of a border: the image's reflection, its nearest pixel, or the picture around it


class Crops(Settings):
    """Random crops of the image with a border (maths/augmentation.py)."""

    border: Annotated[Int, Field(ge=1, le=4096)]  # pixels on each side
    fill: Fill


class AugMix(Settings):
    """Mixtures of chains of image operations (Hendrycks et al. 2020; maths/augmix.py)."""

    severity: Annotated[Real, Field(ge=0.1, le=10)]  # tenths of the strongest operation
    width: Annotated[Int, Field(ge=1, le=64)]  # chains that are mixed


class Adversarial(Settings):
    """Training on images that PGD attacks within a bound (Madry et al. 2018; fitting/inner_attack.py)."""

    norm: Norm
    epsilon: Positive  # on the scale where grey levels 0..L-1 are 0..1
    steps: Small
    relative_step: Positive  # of epsilon


class Training(Settings):
    """How long a model is trained, on what, and which parameters are kept."""

    steps: Count
    batch_size: Annotated[Int, Field(ge=1, le=100_000)]
    accumulation: Small  # parts that a batch is taken in, one after another: each with noise and times of its own
    flips: Bool  # left to right, of every other image
    crops: Crops | None
    augmix: AugMix | None
    ema_decay: Fraction  # 0: the last step's parameters, without an average

    @field_validator("accumulation")
    @classmethod
    def _whole_parts(cls, accumulation: int, info: ValidationInfo) -> int:
        if info.data.get("batch_size", accumulation) % accumulation:
            raise ValueError(f"must divide batch_size = {info.data['batch_size']}")
        return accumulation


class Weights(Settings):
    """A file of weights that takes the place of a training (docs/cifar10.md); the file says how they were trained."""

    file: FilePath  # a relative path counts from the folder of the Snakefile
    sha256: Hash
