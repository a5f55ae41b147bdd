"""The settings of the analyses of an experiment; each of them is optional."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from sbgc.config.base import Bool, Count, Distinct, Draws, Fraction, Int, Name, Positive, Real, Settings, Small
from sbgc.config.likelihoods import Likelihood, Strata, power_of_two
from sbgc.config.training import Fill

Corruption = Literal[  # CIFAR-10-C's, as maths/corruptions makes them
    "gaussian_noise", "shot_noise", "impulse_noise", "speckle_noise", "defocus_blur", "glass_blur", "gaussian_blur",
    "motion_blur", "zoom_blur", "snow", "frost", "fog", "brightness", "contrast", "elastic_transform", "pixelate",
    "jpeg_compression", "saturate", "spatter",
]  # fmt: skip
OutlierSet = Literal[  # test images, altered; pieces of photographs; and known datasets
    "blanked", "shuffled", "inverted", "photographs", "digits", "mnist", "kmnist", "cifar10",
]  # fmt: skip
SplitName = Literal["train", "validation", "test"]
Odds = Annotated[Real, Field(ge=1e-9, le=0.45)]  # below a half: the paper's bound on lambda_1 asks for it
Row = Annotated[Int, Field(ge=0, le=9_999_999)]  # of a split, the first one 0
Width = Annotated[Real, Field(ge=1e-3, le=0.999)]  # below 1, so that class 1 begins beyond the shell


class Scored(Settings):
    """How images are scored: draws of noise and probes of each image, and a likelihood in place of the model's own."""

    draws: Draws
    likelihood: Likelihood | None = None  # only models whose log p is estimated read it


class Calibration(Settings):
    """How the grid of `fast` is calibrated, on the first validation images (procedures/calibrating)."""

    images: Annotated[Int, Field(ge=4, le=10_000)]  # half of them place the nodes, half tell the error
    fine: Annotated[Int, Field(ge=30, le=10_000)]  # nodes of the grid that stands for the exact solution
    probes: Annotated[Small, AfterValidator(power_of_two)]  # of each image, the same at all nodes
    error: Positive  # bits/dim, root mean square of log p: what `nodes: auto` may leave


class Evaluation(Scored):
    """The first images of a split."""

    split: SplitName
    images: Count


class CornerCrops(Settings):
    """Crops, as large as the image, at the corners and the center of the image with a border (maths/crops.py)."""

    border: Annotated[Int, Field(ge=1, le=4096)]  # pixels on each side
    fill: Fill
    mirrored: Bool  # whether their mirror images, left to right, are crops, too: ten in place of five


def number_of(crops: CornerCrops) -> int:
    """How many crops of an image there are: four corners and the center, and the mirror images of these."""
    return 10 if crops.mirrored else 5


class TenCrops(Settings):
    """The mean posterior over crops of the first test images, by all models whose scores are exact."""

    images: Count
    draws: Draws
    crops: CornerCrops


class Convergence(Scored):
    """How accuracy and log p settle with the number of draws, on the first test images (SBGC A.2.1)."""

    images: Count
    strata: Strata


class Crosscheck(Settings):
    """The model's own procedure beside another one, on the first test images, one draw each."""

    images: Count
    reference: Likelihood


class Raced(Settings):
    """Races of the first test images under every corruption, for their accuracy alone: as `race`, but for the reach."""

    images: Count
    reach: Positive  # nats: the screening errs more on corrupted images


class Corruptions(Scored):
    """Common corruptions of the first test images, five severities each."""

    images: Count
    # made by maths/corruptions; read from the official archive, downloaded if need be; or that only if it is here
    source: Literal["generated", "cifar10c", "cifar10c_if_present"]
    kinds: Annotated[tuple[Corruption, ...], Field(min_length=1, max_length=100), Distinct]
    noises: Annotated[
        tuple[Corruption, ...], Field(max_length=100), Distinct
    ]  # the kinds that the mean "without noises" leaves out
    baseline: Name | None  # the model that mCE is measured against; null: no mCE
    raced: Raced | None = None

    @field_validator("noises")
    @classmethod
    def _among_kinds(cls, noises: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        for noise in noises:
            if noise not in info.data.get("kinds", noises):
                raise ValueError(f"must be among kinds, and {noise!r} is not")
        return noises


class Outliers(Scored):
    """Images unlike the training data, which a density should tell (Mackowiak et al. 2021, section 3.3)."""

    images: Count  # of each set
    reference: Name  # the evaluation of training images that p-values and typicality compare with
    false_positive_rate: Fraction  # what has a p-value of at most this is called an outlier
    sets: Annotated[tuple[OutlierSet, ...], Field(max_length=20), Distinct]
    experiments: Annotated[tuple[Name, ...], Field(max_length=20), Distinct] = ()  # whose test images


class Interpolation(Scored):
    """Straight lines between pairs of test images of different classes (Fetaya et al. 2020; SBGC eq. 4)."""

    pairs: Count
    points: Annotated[Int, Field(ge=2, le=10_000)]
    accepted: Annotated[Real, Field(gt=0, le=1)]  # of the test images, by the threshold that a path may not fall below


class Race(Settings):
    """All classes are screened; those within reach are drawn on until the leader is sure (procedures/racing).

    Races draw by the likelihood of the evaluation that they learn from: the model's own where it has none.
    """

    images: Count  # the first test images
    draws: Draws  # at most
    screen: Likelihood  # of all classes, once
    reach: Positive  # nats
    error: Annotated[Real, Field(gt=0, lt=1)]  # bound of the probability that an image's best class is eliminated
    variances: (
        Name  # the evaluation of other images that tells variances of gaps, errors of `screen`, and by what to draw
    )


class Samples(Settings):
    """Samples of the probability-flow ODE, per class."""

    per_class: Annotated[Int, Field(ge=1, le=100)]
    steps: Small  # of the solver


class Counterexample(Settings):
    """The annuli of Fetaya et al. 2020 (section 2, appendix D): a model close to the data, fooled on half of them."""

    epsilons: Annotated[tuple[Positive, ...], Field(min_length=1, max_length=50), Distinct]  # nats, of both divergences
    deltas: Annotated[tuple[Odds, ...], Field(min_length=1, max_length=4), Distinct]  # 1 - delta: certainty of a class
    widths: Annotated[tuple[Width, ...], Field(min_length=1, max_length=20), Distinct]  # of the shell; the ball's is 1
    samples: Annotated[Int, Field(ge=100, le=100_000)]  # points that are attacked


class Labels(Settings):
    """Whether a wrong label could be told by how likely a test image is with it (Fetaya et al. 2020, 4.2, figure 3)."""

    false_positive_rates: Annotated[tuple[Fraction, ...], Field(min_length=1, max_length=20), Distinct]
    bins: Small  # of the histograms


class Explanations(Settings):
    """How models explain their decisions on some test images (Mackowiak et al. 2021, section 4.2)."""

    images: Annotated[tuple[Row, ...], Field(min_length=1, max_length=20), Distinct]
    models: Annotated[tuple[Name, ...], Field(min_length=1, max_length=6), Distinct]
    draws: Draws  # of noise and probes, over which log p and its maps are averaged
    contrast: Annotated[Real, Field(ge=0, le=1)]  # of heatmaps (maths/heatmaps.py)
    samples: Annotated[Int, Field(ge=100, le=100_000)]  # of latents of each class, which check a closed form


class Metrics(Settings):
    """Confidence intervals and calibration bins."""

    bootstrap: Annotated[Int, Field(ge=100, le=100_000)]  # resamples of the images
    confidence: Annotated[Real, Field(gt=0.5, lt=1)]  # of an interval
    calibration_bins: Small
    subsamples: Draws  # of the draws, for each number of draws of `convergence`
