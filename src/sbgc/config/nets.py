"""The settings of networks, and of what stands around them: processes, Gaussians and priors."""

from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from sbgc.config.base import Bool, Distinct, Fraction, Int, Positive, Real, Settings

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


class ClassNetworks(Settings):
    """A network for each class, and one for all of them at low noise (nets/class_networks.py)."""

    begin: Annotated[Real, Field(gt=0, lt=1)]  # time of the process from which on the network of the class predicts
    shared: Annotated[Real, Field(gt=0, lt=1)]  # of each batch, for the network of all classes


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


class InvertibleResNet(Settings):
    """The invertible network of an IB-INN (nets/invertible_resnet.py)."""

    blocks: Annotated[tuple[Annotated[Int, Field(ge=1, le=256)], ...], Field(min_length=1, max_length=12)]  # a stage
    features: tuple[Annotated[Int, Field(ge=1, le=16_384)], ...]  # of each stage, within couplings
    dense: Annotated[Int, Field(ge=0, le=65_536)]  # features of one more coupling of all latents; 0: none
    clamp: Annotated[Real, Field(gt=0, le=10)]  # the largest |log scale| of a coupling

    @field_validator("features")
    @classmethod
    def _of_each_stage(cls, features: tuple[int, ...], info: ValidationInfo) -> tuple[int, ...]:
        if len(features) != len(blocks := info.data.get("blocks", features)):
            raise ValueError(f"must have one entry for each of the {len(blocks)} stages")
        return features


class LowRank(Settings):
    """Of many classes in many dimensions: where their centers have numbers of their own, and the rank elsewhere."""

    first: Annotated[Int, Field(ge=1)]  # latents, in which every center is free; after pooling, means over pixels
    rank: Annotated[Int, Field(ge=1, le=16_384)]


class ClassMeans(Settings):
    """The centers of the classes in the latent space of an IB-INN."""

    learned: Bool
    distance: Positive  # between two of them before training, in root mean square
    low_rank: LowRank | None  # None: every number of every center is free


class PixelCNN(Settings):
    """The network of PixelCNN++ (nets/pixelcnn.py)."""

    features: Annotated[Int, Field(ge=1, le=4096)]
    levels: Annotated[Int, Field(ge=1, le=12)]
    blocks: Annotated[Int, Field(ge=1, le=64)]  # of each stream at a level, on the way down
    dropout: Fraction
