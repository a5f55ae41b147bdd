"""The settings of the models, one class for each kind (kinds.py)."""

from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator, model_validator

from sbgc.config.base import (
    Bool,
    Count,
    Distinct,
    FilePath,
    Fraction,
    Hash,
    Int,
    NonNegative,
    Positive,
    Real,
    Settings,
    Small,
)
from sbgc.config.likelihoods import Likelihood
from sbgc.config.mistakes import Mistake, refuse
from sbgc.kinds import KINDS

# (beta_min + beta_max) / 2 is the integral of beta; its exponential must be a float32.
LARGEST_INTEGRAL = 80.0
Begin = Annotated[Real, Field(ge=1e-8, le=0.1)]  # of the process, in its time from 0 to 1
Sides = Annotated[tuple[Annotated[Int, Field(ge=1, le=4096)], ...], Field(max_length=16), Distinct]


class LinearBeta(Settings):
    """A schedule with beta linear in t (Song et al. 2021, section 3.4)."""

    name: Literal["vp", "sub_vp"]
    beta_min: Positive
    beta_max: Positive
    t_min: Begin

    @field_validator("beta_max")
    @classmethod
    def _grows(cls, beta_max: float, info: ValidationInfo) -> float:
        beta_min = info.data.get("beta_min", beta_max)
        if beta_max < beta_min:
            raise ValueError(f"must be at least beta_min = {beta_min}")
        if beta_min + beta_max > 2.0 * LARGEST_INTEGRAL:
            raise ValueError(f"must be at most {2.0 * LARGEST_INTEGRAL - beta_min:g}, or float32 overflows")
        return beta_max


class Exploding(Settings):
    """The geometric variance-exploding schedule; standard deviations are in units of z = 2 x / L - 1."""

    name: Literal["ve"]
    sigma_min: Annotated[Positive, Field(ge=1e-6)]
    sigma_max: Annotated[Positive, Field(le=1e6)]
    t_min: Begin

    @field_validator("sigma_max")
    @classmethod
    def _grows(cls, sigma_max: float, info: ValidationInfo) -> float:
        if sigma_max <= info.data.get("sigma_min", 0.0):
            raise ValueError(f"must be greater than sigma_min = {info.data['sigma_min']}")
        return sigma_max


class UNet(Settings):
    """The class-conditional DDPM++ network (nets/unet.py)."""

    features: Annotated[Int, Field(ge=4, le=4096, multiple_of=4)]  # GroupNorm has C / 4 groups
    multipliers: Annotated[tuple[Annotated[Int, Field(ge=1, le=64)], ...], Field(min_length=1, max_length=16)]
    blocks: Annotated[Int, Field(ge=1, le=64)]  # a level
    attention_sizes: Sides  # heights in pixels
    dropout: Fraction
    precision: Literal["float32", "bfloat16"]  # of the network's arithmetic; parameters and loss are float32


class ClassGaussians(Settings):
    """Gaussians of the training images, whose noise prediction the network corrects (nets/corrected_gaussians.py)."""

    directions: Annotated[Int, Field(ge=1, le=4096)]  # leading principal ones, in which classes have their own moments
    shrinkage: Annotated[Real, Field(ge=0, le=1)]  # there, of a class's covariance towards the one within all classes


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


class Nesterov(Settings):
    """SGD with Nesterov momentum."""

    learning_rate: Positive
    momentum: Fraction
    weight_decay: NonNegative
    stairs: Stairs | None  # None: a cosine to 0 at the last step


class AugMix(Settings):
    """Mixtures of chains of image operations (Hendrycks et al. 2020; maths/augmix.py)."""

    severity: Annotated[Real, Field(ge=0.1, le=10)]  # tenths of the strongest operation
    width: Annotated[Int, Field(ge=1, le=64)]  # chains that are mixed


class Training(Settings):
    """How long a model is trained, on what, and which parameters are kept."""

    steps: Count
    batch_size: Annotated[Int, Field(ge=1, le=100_000)]
    accumulation: Small  # parts that a batch is taken in, one after another: each with noise and times of its own
    flips: Bool  # left to right, of every other image
    crops: Annotated[Int, Field(ge=0, le=4096)]  # pixels of reflected border that a random crop may show; 0: no crops
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


class Objective(Settings):
    """Weighting of the denoising loss over time (Song et al. 2021b)."""

    likelihood_weighting: Bool
    importance_sampling: Bool


class ScoreModel(Settings):
    """A class-conditional score model."""

    kind: Literal["score"]
    sde: Annotated[LinearBeta | Exploding, Field(discriminator="name")]
    net: UNet
    gaussians: ClassGaussians | None = None  # None: the network alone predicts the noise, as the papers' does
    objective: Objective | None = None  # these three: None only where weights are given
    optimizer: Adam | None = None
    training: Training | None = None
    weights: Weights | None = None
    likelihood: Likelihood | None = None  # how log p is estimated; None only where the model is trained

    @model_validator(mode="after")
    def _warms_up(self) -> "ScoreModel":
        if self.optimizer and self.training and self.optimizer.warmup_steps >= self.training.steps:
            rule = f"must be less than training.steps = {self.training.steps}"
            refuse([Mistake(("optimizer", "warmup_steps"), rule, self.optimizer.warmup_steps)])
        return self


class GaussianModel(Settings):
    """One full-covariance Gaussian per class, shrunk towards the pooled spherical one."""

    kind: Literal["gaussian"]
    shrinkage: Annotated[Real, Field(gt=0, le=1)]


class WideResNetModel(Settings):
    """The discriminative baseline."""

    kind: Literal["wide_resnet"]
    depth: Annotated[Int, Field(ge=10, le=1000)]
    widen: Annotated[Int, Field(ge=1, le=100)]
    base_features: Annotated[Int, Field(ge=1, le=4096)]
    dropout: Fraction
    optimizer: Nesterov | None = None  # these two: None only where weights are given
    training: Training | None = None
    weights: Weights | None = None
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
        training = info.data.get("training")
        if consistency and training and training.augmix is None:
            raise ValueError("needs training.augmix, whose views it compares; or 0")
        return consistency


class FlowNet(Settings):
    """The invertible network of a conditional flow (nets/glow.py), and what surrounds the image."""

    border: Annotated[Int, Field(ge=0, le=4096)]  # pixels of grey level 0 on each side
    levels: Annotated[Int, Field(ge=1, le=12)]
    steps: Annotated[Int, Field(ge=1, le=256)]  # a level
    features: Annotated[Int, Field(ge=1, le=4096)]  # channels of the couplings' networks


class MixturePrior(Settings):
    """Independent latents with locations and scales of each class."""

    name: Literal["mixture"]
    family: Literal["normal", "laplace", "cauchy", "normal_laplace", "normal_cauchy"]
    smoothing: Fraction  # probability that a latent comes from another class's cluster


class SplitPrior(Settings):
    """Latents of which as many as there are classes are the logits."""

    name: Literal["split"]
    std: Positive  # of these latents
    features: Annotated[Int, Field(ge=1, le=4096)]  # hidden, of what gives the moments of the others


class FlowOptimizer(Settings):
    """Adam or Adamax, with linear warm-up and a global-norm clip."""

    rule: Literal["adam", "adamax"]
    learning_rate: Positive
    warmup_steps: Count
    clip_norm: Positive
    stairs: Stairs | None  # None: a cosine to 0 at the last step


class GlowModel(Settings):
    """A conditional flow."""

    kind: Literal["glow"]
    net: FlowNet
    prior: Annotated[MixturePrior | SplitPrior, Field(discriminator="name")]
    classification: NonNegative | None = None  # weight of the cross-entropy beside the nats per dimension
    optimizer: FlowOptimizer | None = None  # these three: None only where weights are given
    training: Training | None = None
    weights: Weights | None = None


class PixelCNN(Settings):
    """The network of PixelCNN++ (nets/pixelcnn.py)."""

    features: Annotated[Int, Field(ge=1, le=4096)]
    levels: Annotated[Int, Field(ge=1, le=12)]
    blocks: Annotated[Int, Field(ge=1, le=64)]  # of each stream at a level, on the way down
    dropout: Fraction


class PixelCNNModel(Settings):
    """A conditional PixelCNN++."""

    kind: Literal["pixelcnn"]
    net: PixelCNN
    classification: NonNegative | None = None  # alpha, the weight of the cross-entropy beside the nats per dimension
    optimizer: Adam | None = None  # these three: None only where weights are given
    training: Training | None = None
    weights: Weights | None = None


Model = Annotated[ScoreModel | GaussianModel | WideResNetModel | GlowModel | PixelCNNModel, Field(discriminator="kind")]


def is_trained(model: Model) -> bool:
    """Whether descent fits the model here; not where it is given its weights."""
    return KINDS[model.kind].fitted == "descent" and getattr(model, "weights", None) is None
