"""The configuration: frozen models with units and bounds, no scientific default. The JSON schema is generated from here.

config.yaml holds the values. `parse` turns every mistake into one line: the place, the value, the rule.
"""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

Positive = Annotated[float, Field(gt=0)]
NonNegative = Annotated[float, Field(ge=0)]
Fraction = Annotated[float, Field(ge=0, lt=1)]
Count = Annotated[int, Field(ge=1)]
Corruption = Literal[
    "gaussian_noise", "shot_noise", "impulse_noise", "speckle_noise", "defocus_blur", "gaussian_blur", "motion_blur", "zoom_blur",
    "fog", "brightness", "contrast", "elastic_transform", "pixelate", "jpeg_compression",
]  # fmt: skip


class Settings(BaseModel):
    """Frozen; an unknown key is an error; numbers are finite."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class LinearBeta(Settings):
    """A schedule with beta linear in t (Song et al. 2021, section 3.4)."""

    name: Literal["vp", "sub_vp"]
    beta_min: Positive
    beta_max: Positive
    t_min: Annotated[float, Field(gt=0, lt=1)]

    @model_validator(mode="after")
    def _grows(self) -> "LinearBeta":
        if self.beta_max < self.beta_min:
            raise ValueError(f"beta_max must be at least beta_min = {self.beta_min}")
        return self


class Exploding(Settings):
    """The geometric variance-exploding schedule; standard deviations in units of z = 2 x / L - 1."""

    name: Literal["ve"]
    sigma_min: Positive
    sigma_max: Positive
    t_min: Annotated[float, Field(gt=0, lt=1)]

    @model_validator(mode="after")
    def _grows(self) -> "Exploding":
        if self.sigma_max <= self.sigma_min:
            raise ValueError(f"sigma_max must be greater than sigma_min = {self.sigma_min}")
        return self


class UNet(Settings):
    """The class-conditional DDPM++ network; see nets/unet.py."""

    features: Count
    multipliers: Annotated[tuple[Count, ...], Field(min_length=1)]
    blocks: Count
    attention_sizes: tuple[Count, ...]
    dropout: Fraction


class Adam(Settings):
    """Adam with linear warm-up and a global-norm clip."""

    learning_rate: Positive
    warmup_steps: Count
    clip_norm: Positive
    cosine_decay: bool


class Nesterov(Settings):
    """SGD with Nesterov momentum and a cosine schedule."""

    learning_rate: Positive
    momentum: Fraction
    weight_decay: NonNegative


class Training(Settings):
    """How long, on what, and what is kept."""

    steps: Count
    batch_size: Count
    ema_decay: Fraction


class Objective(Settings):
    """Weighting of the denoising loss over time (Song et al. 2021b)."""

    likelihood_weighting: bool
    importance_sampling: bool


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
    shrinkage: Annotated[float, Field(gt=0, le=1)]


class WideResNetModel(Settings):
    """The discriminative baseline."""

    kind: Literal["wide_resnet"]
    depth: Annotated[int, Field(ge=10)]
    widen: Count
    base_features: Count
    dropout: Fraction
    optimizer: Nesterov
    training: Training

    @model_validator(mode="after")
    def _whole_blocks(self) -> "WideResNetModel":
        if (self.depth - 4) % 6:
            raise ValueError("depth must be 6 n + 4")
        return self


Model = Annotated[ScoreModel | GaussianModel | WideResNetModel, Field(discriminator="kind")]


class Dataset(Settings):
    """Where images come from, and how many are set aside."""

    name: Literal["digits"]
    levels: Annotated[int, Field(ge=2)]
    image_shape: tuple[Count, Count, Count]
    num_classes: Annotated[int, Field(ge=2)]
    validation: Count
    test: Count
    seed: Annotated[int, Field(ge=0)]


class Fast(Settings):
    """The trajectory solved once on a fixed grid in log-SNR."""

    procedure: Literal["fast"]
    nodes: Annotated[int, Field(ge=3)]
    probes: Count


class Reference(Settings):
    """The paper's procedure: Dormand-Prince, one Rademacher probe fixed along the path."""

    procedure: Literal["reference"]
    rtol: Positive
    atol: Positive


Likelihood = Annotated[Fast | Reference, Field(discriminator="procedure")]
SplitName = Literal["train", "validation", "test"]


class Evaluation(Settings):
    """Which images of which split, how many dequantization draws of each, and by which procedure."""

    split: SplitName
    images: Count
    draws: Count
    likelihood: Likelihood


class Corruptions(Settings):
    """Common corruptions of the first images of the test split, five severities each."""

    images: Count
    draws: Count
    likelihood: Likelihood
    kinds: Annotated[tuple[Corruption, ...], Field(min_length=1)]
    noises: tuple[Corruption, ...]


class Attack(Settings):
    """Projected gradient descent in one norm; epsilon on the scale where grey levels 0..L-1 are 0..1."""

    epsilons: Annotated[tuple[Positive, ...], Field(min_length=1)]
    steps: Count
    relative_step: Positive
    loss: Literal["cross_entropy", "margin"]


class Attacks(Settings):
    """White-box attacks on the first images of the test split."""

    images: Count
    draws: Count
    likelihood: Likelihood
    attacked: Fast
    norms: dict[Literal["linf", "l2"], Attack]


class Interpolation(Settings):
    """Straight lines between pairs of test images of different classes (Fetaya et al. 2020; SBGC eq. 4)."""

    pairs: Count
    points: Annotated[int, Field(ge=2)]
    draws: Count
    likelihood: Likelihood


class Samples(Settings):
    """Samples of the probability-flow ODE, per class."""

    per_class: Count
    steps: Count


class Metrics(Settings):
    """Confidence intervals and calibration bins."""

    bootstrap: Annotated[int, Field(ge=100)]
    confidence: Annotated[float, Field(gt=0.5, lt=1)]
    calibration_bins: Count
    subsamples: Count


class Execution(Settings):
    """What may change how fast a result comes, never the result; it stands in no spec."""

    segments: Count
    shards: Count
    batch_size: Count


class Experiment(Settings):
    """A dataset, its models and its evaluations."""

    dataset: Dataset
    seeds: Annotated[tuple[Annotated[int, Field(ge=0)], ...], Field(min_length=1)]
    models: dict[str, Model]
    evaluations: dict[str, Evaluation]
    corruptions: Corruptions
    attacks: Attacks
    interpolation: Interpolation
    samples: Samples
    metrics: Metrics
    execution: Execution


class Quoted(Settings):
    """A number that a paper printed, on CIFAR-10; None where it printed none."""

    model: str
    source: str
    accuracy: float | None = None
    bits_per_dim: float | None = None
    all_corruptions: float | None = None
    without_noises: float | None = None
    linf: float | None = None
    l2: float | None = None
    note: str = ""


class Config(Settings):
    """config.yaml."""

    experiment: str
    experiments: Annotated[dict[str, Experiment], Field(min_length=1)]
    quoted: dict[Literal["table1", "table2", "table3"], tuple[Quoted, ...]]
