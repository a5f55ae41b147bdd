"""The settings of an experiment: a dataset, its models, and the analyses that are made of them.

What is made follows from what is named (contents.py).
"""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, field_validator, model_validator

from sbgc.config import checks
from sbgc.config.analyses import (
    Calibration,
    Convergence,
    Corruptions,
    Counterexample,
    Crosscheck,
    Evaluation,
    Explanations,
    Interpolation,
    Labels,
    Metrics,
    Outliers,
    Race,
    Samples,
    TenCrops,
)
from sbgc.config.attacked import Attacks
from sbgc.config.base import Count, Distinct, FilePath, Int, Name, NonNegative, Positive, Seed, Settings
from sbgc.config.likelihoods import Strata
from sbgc.config.mistakes import refuse
from sbgc.config.models import Model


def _several(classes: int) -> int:
    if classes < 2:
        raise ValueError("must be at least 2, for a classifier chooses between classes")
    return classes


class Composed(Settings):
    """Digits on photographs (data/composites.py)."""

    digits: Literal["digits", "mnist"]
    grounds: Literal["photographs", "cifar10"]  # scikit-learn's two sample photographs, or a dataset
    blur: NonNegative  # pixels: the bandwidth of the Gaussian that smooths the grounds; 0: none


class Ilsvrc(Settings):
    """ImageNet's pictures, in the folder that `downloads.ilsvrc` names (data/formats/ilsvrc.py)."""

    margin: Annotated[Int, Field(ge=0, le=512)]  # pixels of a picture that are kept on each side of an image


class Dataset(Settings):
    """Which images there are, and how many are set aside."""

    name: Name  # a known one, or one's own
    path: FilePath | None = None  # of one's own: a folder with a sub-folder for each class, or an .npz
    composed: Composed | None = None  # of known ones, under another name
    ilsvrc: Ilsvrc | None = None  # too many images for any memory: they lie in files
    levels: Annotated[Int, Field(ge=2, le=256)]
    image_shape: tuple[
        Annotated[Int, Field(ge=8, le=512)], Annotated[Int, Field(ge=8, le=512)], Annotated[Int, Field(ge=1, le=3)]
    ]
    num_classes: Annotated[Int, AfterValidator(_several), Field(le=1_000, json_schema_extra={"minimum": 2})]
    validation: Count
    test: Count
    seed: Seed  # of the split, and of the evaluation noise that all models share

    @field_validator("image_shape", mode="before")
    @classmethod
    def _three(cls, shape: Any) -> Any:
        if isinstance(shape, (list, tuple)) and len(shape) != 3:
            raise ValueError("must have 3 entries: pixels high, pixels wide, channels")
        return shape

    @field_validator("image_shape")
    @classmethod
    def _grey_or_color(cls, shape: tuple[int, int, int]) -> tuple[int, int, int]:
        if shape[2] == 2:
            raise ValueError("must have 1 channel (grey) or 3 (color)")
        return shape


class Execution(Settings):
    """What may change how fast a result comes, never the result. It stands in no spec."""

    segments: Annotated[Int, Field(ge=1, le=200)]  # of a training, each a job that waits for the one before it
    shards: Annotated[Int, Field(ge=1, le=1_000)]  # of the largest evaluation of a model
    batch_size: Annotated[Int, Field(ge=1, le=100_000)]  # images at a time, at most
    memory_mib: Count  # of a device, that a batch of images may take: a larger batch is halved until it fits
    peak_teraflops: Positive | None  # of a device, of which training reports the share it reaches
    sustained_teraflops: Positive | None  # of a device, at which the cost of an evaluation is estimated
    # files that the training images lie in, where they are too many for any memory
    image_files: Annotated[Int, Field(ge=1, le=500)] | None = None


class Experiment(Settings):
    """A dataset, its models, and the analyses that are made of them; null leaves an analysis or a model out."""

    dataset: Dataset
    seeds: Annotated[tuple[Seed, ...], Field(min_length=1, max_length=1_000), Distinct]  # one training of each
    strata: Strata  # draws that form one Latin hypercube sample of the dequantization noise
    models: Annotated[dict[Name, Model], Field(min_length=1, max_length=20)]
    evaluations: Annotated[dict[Name, Evaluation], Field(max_length=100)]
    calibration: Calibration | None = None
    ten_crops: TenCrops | None = None
    convergence: Convergence | None = None
    crosscheck: Crosscheck | None = None
    race: Race | None = None
    corruptions: Corruptions | None = None
    outliers: Outliers | None = None
    attacks: Attacks | None = None
    interpolation: Interpolation | None = None
    samples: Samples | None = None
    labels: Labels | None = None
    counterexample: Counterexample | None = None
    explanations: Explanations | None = None
    metrics: Metrics
    execution: Execution

    @field_validator("models", "evaluations", mode="before")
    @classmethod
    def _without_null(cls, named: Any) -> Any:
        """null takes away what an experiment inherits."""
        return {key: one for key, one in named.items() if one is not None} if isinstance(named, dict) else named

    @model_validator(mode="after")
    def _consistent(self) -> "Experiment":
        refuse(checks.mistakes(self))
        return self
