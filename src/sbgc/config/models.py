"""The settings of the models: what stands in a spec.json beside the dataset."""

from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from sbgc.config.base import Bool, Count, Distinct, Fraction, Int, NonNegative, Positive, Real, Settings


class LinearBeta(Settings):
    """A schedule with beta linear in t (Song et al. 2021, section 3.4)."""

    name: Literal["vp", "sub_vp"]
    beta_min: Positive
    beta_max: Positive
    t_min: Annotated[Real, Field(gt=0, lt=1)]

    @field_validator("beta_max")
    @classmethod
    def _grows(cls, beta_max: float, info: ValidationInfo) -> float:
        if beta_max < info.data.get("beta_min", beta_max):
            raise ValueError(f"must be at least beta_min = {info.data['beta_min']}")
        return beta_max


class Exploding(Settings):
    """The geometric variance-exploding schedule; standard deviations in units of z = 2 x / L - 1."""

    name: Literal["ve"]
    sigma_min: Positive
    sigma_max: Positive
    t_min: Annotated[Real, Field(gt=0, lt=1)]

    @field_validator("sigma_max")
    @classmethod
    def _grows(cls, sigma_max: float, info: ValidationInfo) -> float:
        if sigma_max <= info.data.get("sigma_min", 0.0):
            raise ValueError(f"must be greater than sigma_min = {info.data['sigma_min']}")
        return sigma_max


class UNet(Settings):
    """The class-conditional DDPM++ network; see nets/unet.py."""

    features: Annotated[Int, Field(ge=4, multiple_of=4)]  # GroupNorm has C / 4 groups
    multipliers: Annotated[tuple[Count, ...], Field(min_length=1)]  # of the features, one a level
    blocks: Count  # a level
    attention_sizes: Annotated[tuple[Count, ...], Distinct]  # heights in pixels
    dropout: Fraction
    precision: Literal["float32", "bfloat16"]  # of the network's arithmetic; parameters and loss are float32


class Adam(Settings):
    """Adam with linear warm-up and a global-norm clip."""

    learning_rate: Positive
    warmup_steps: Count
    clip_norm: Positive
    cosine_decay: Bool


class Stairs(Settings):
    """A learning rate that falls by a factor at fractions of the training."""

    at: Annotated[tuple[Annotated[Real, Field(gt=0, lt=1)], ...], Field(min_length=1), Distinct]
    factor: Annotated[Real, Field(gt=0, lt=1)]


class Nesterov(Settings):
    """SGD with Nesterov momentum."""

    learning_rate: Positive
    momentum: Fraction
    weight_decay: NonNegative
    stairs: Stairs | None  # None: a cosine to 0 at the last step


class AugMix(Settings):
    """Mixtures of chains of image operations (Hendrycks et al. 2020); see maths/augmix.py."""

    severity: Annotated[Real, Field(ge=0.1, le=10)]  # tenths of the strongest operation
    width: Count  # chains that are mixed


class Training(Settings):
    """How long, on what, and what is kept."""

    steps: Count
    batch_size: Count
    accumulation: Count  # parts that a batch is taken in, one after another: each with noise and times of its own
    flips: Bool  # left to right, of every other image
    crops: Annotated[Int, Field(ge=0)]  # pixels of reflected border that a random crop may show; 0: no crops
    augmix: AugMix | None
    ema_decay: Fraction  # 0: the last step's parameters, without an average

    @field_validator("accumulation")
    @classmethod
    def _whole_parts(cls, accumulation: int, info: ValidationInfo) -> int:
        if info.data.get("batch_size", accumulation) % accumulation:
            raise ValueError(f"must divide batch_size = {info.data['batch_size']}")
        return accumulation


class Objective(Settings):
    """Weighting of the denoising loss over time (Song et al. 2021b)."""

    likelihood_weighting: Bool
    importance_sampling: Bool


class ScoreModel(Settings):
    """A class-conditional score model."""

    kind: Literal["score"]
    sde: Annotated[LinearBeta | Exploding, Field(discriminator="name")]
    net: UNet
    objective: Objective
    optimizer: Adam
    training: Training


class GaussianModel(Settings):
    """One full-covariance Gaussian per class, shrunk towards the pooled spherical one."""

    kind: Literal["gaussian"]
    shrinkage: Annotated[Real, Field(gt=0, le=1)]


class WideResNetModel(Settings):
    """The discriminative baseline."""

    kind: Literal["wide_resnet"]
    depth: Annotated[Int, Field(ge=10)]
    widen: Count
    base_features: Count
    dropout: Fraction
    optimizer: Nesterov
    training: Training
    consistency: NonNegative  # weight of the Jensen-Shannon divergence between AugMix views; 0: none

    @field_validator("depth")
    @classmethod
    def _whole_blocks(cls, depth: int) -> int:
        if depth % 6 != 4:
            raise ValueError("must be 6 n + 4: three groups of n blocks of two convolutions")
        return depth

    @field_validator("consistency")
    @classmethod
    def _of_views(cls, consistency: float, info: ValidationInfo) -> float:
        if consistency and "training" in info.data and info.data["training"].augmix is None:
            raise ValueError("needs training.augmix, whose views it compares; or 0")
        return consistency


Model = Annotated[ScoreModel | GaussianModel | WideResNetModel, Field(discriminator="kind")]
