"""The settings of the data and of all that is measured on it."""

from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from sbgc.config.base import Count, Distinct, Int, Name, Positive, Real, Seed, Settings
from sbgc.config.likelihoods import Dequantization, Fast, Likelihood, Reference

Corruption = Literal[  # CIFAR-10-C's, as maths/corruptions makes them
    "gaussian_noise", "shot_noise", "impulse_noise", "speckle_noise", "defocus_blur", "glass_blur", "gaussian_blur",
    "motion_blur", "zoom_blur", "snow", "frost", "fog", "brightness", "contrast", "elastic_transform", "pixelate",
    "jpeg_compression", "saturate", "spatter",
]  # fmt: skip


class Dataset(Settings):
    """Which images, and how many are set aside."""

    name: Name  # a known one, or one's own
    path: str | None = None  # of one's own: a folder with a sub-folder for each class, or an .npz
    levels: Annotated[Int, Field(ge=2)]
    image_shape: tuple[Count, Count, Count]
    num_classes: Annotated[Int, Field(ge=2)]
    validation: Count
    test: Count
    seed: Seed  # of the split and of the evaluation noise


SplitName = Literal["train", "validation", "test"]


class Evaluation(Settings):
    """Which images of which split, how many dequantization draws of each, and by which procedure."""

    split: SplitName
    images: Count  # the first of the split
    draws: Count
    dequantization: Dequantization
    likelihood: Likelihood


class Raced(Settings):
    """Races of the first images of the test split under every corruption, for their accuracy alone: as `race`, but for
    the reach."""

    images: Count
    reach: Positive  # nats: the screening errs more on corrupted images


class Corruptions(Settings):
    """Common corruptions of the first images of the test split, five severities each."""

    images: Count
    draws: Count
    dequantization: Dequantization
    likelihood: Likelihood
    # made by maths/corruptions; read from the official archive, downloaded if need be; or that only if it is here
    source: Literal["generated", "cifar10c", "cifar10c_if_present"]
    kinds: Annotated[tuple[Corruption, ...], Field(min_length=1), Distinct]
    noises: Annotated[tuple[Corruption, ...], Distinct]  # the kinds that the mean "without noises" leaves out
    baseline: str  # the model that mCE is measured against
    raced: Raced | None

    @field_validator("noises")
    @classmethod
    def _among_kinds(cls, noises: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        for noise in noises:
            if noise not in info.data.get("kinds", noises):
                raise ValueError(f"must be among kinds, and {noise!r} is not")
        return noises


class Attack(Settings):
    """Projected gradient descent in one norm; epsilon on the scale where grey levels 0..L-1 are 0..1."""

    epsilons: Annotated[tuple[Positive, ...], Field(min_length=1), Distinct]
    steps: Count
    relative_step: Positive  # of epsilon
    loss: Literal["cross_entropy", "margin"]


class Attacks(Settings):
    """White-box attacks on the first images of the test split."""

    images: Count
    draws: Count
    dequantization: Dequantization
    likelihood: Likelihood
    attacked: Annotated[Fast | Reference, Field(discriminator="procedure")]  # what the attacker differentiates
    norms: Annotated[dict[Literal["linf", "l2"], Attack], Field(min_length=1)]


class Interpolation(Settings):
    """Straight lines between pairs of test images of different classes (Fetaya et al. 2020; SBGC eq. 4)."""

    pairs: Count
    points: Annotated[Int, Field(ge=2)]
    draws: Count
    dequantization: Dequantization
    likelihood: Likelihood


class Race(Settings):
    """Racing: all classes screened, those within reach drawn on until the leader is sure (procedures/racing)."""

    split: SplitName
    images: Count  # the first of the split
    draws: Count  # at most
    dequantization: Dequantization
    screen: Likelihood  # of all classes, once
    likelihood: Likelihood  # of those within reach
    reach: Positive  # nats
    error: Annotated[Real, Field(gt=0, lt=1)]  # bound of the probability that an image's best class is eliminated
    variances: str  # the evaluation that tells what variances of gaps are like
    screening: str  # and of the same images by `screen`, what its errors are like


class Samples(Settings):
    """Samples of the probability-flow ODE, per class."""

    per_class: Count
    steps: Count  # of the solver


class Metrics(Settings):
    """Confidence intervals and calibration bins."""

    bootstrap: Annotated[Int, Field(ge=100)]  # resamples of the images
    confidence: Annotated[Real, Field(gt=0.5, lt=1)]  # of an interval
    calibration_bins: Count
    subsamples: Count  # of the draws, for each number of draws of the convergence sweep


class Execution(Settings):
    """What may change how fast a result comes, never the result; it stands in no spec."""

    segments: Count  # of a training
    shards: Count  # of a matrix of densities
    batch_size: Count  # images at a time, at most
    memory_mib: Count  # of a device, that a batch of images may take: a larger batch is halved until it fits
    peak_teraflops: Positive | None  # of a device, of which training reports the share it reaches
    sustained_teraflops: Positive | None  # of a device, at which the cost of an evaluation is estimated
