"""What benchmarks measure with: an experiment of the configuration, and the results of its run."""

import os
import sys
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from sbgc import artifacts, models, runtime
from sbgc.artifacts import Split
from sbgc.config.experiment import Experiment
from sbgc.config.file import read
from sbgc.config.likelihoods import Fast, Likelihood
from sbgc.config.loading import Source, load
from sbgc.config.spec import Spec, facts_of
from sbgc.data.dequantize import dequantize
from sbgc.procedures.scoring import shards

ROOT = Path(__file__).parents[1]


def as_a_step() -> None:
    """Start the program again in the environment of the workflow's steps, unless it runs in that already."""
    if missing := runtime.missing(os.environ):
        os.execve(sys.executable, [sys.executable, *sys.argv], os.environ | missing)


def experiment(name: str) -> Experiment:
    """An experiment of config.yaml or of experiments/."""
    files = [ROOT / "config.yaml", *sorted((ROOT / "experiments").glob("*.yaml"))]
    return load(*(Source(str(file), read(file)) for file in files)).experiments[name]


def spec_of(name: str, model: str) -> Spec:
    """A model of an experiment."""
    return Spec.model_validate(facts_of(name, experiment(name), model))


def fast_likelihood(name: str) -> Fast:
    """The likelihood of an experiment's score model."""
    found = experiment(name).models["score"].likelihood
    assert isinstance(found, Fast)
    return found


class Run:
    """The results of a run, in a folder that is named after its experiment; of the score model's first training."""

    def __init__(self, results: Path):
        self.results, self.name = results, results.name
        self.folder = results / "score" / "seed0"

    @cached_property
    def experiment(self) -> Experiment:
        """The settings of the run."""
        return experiment(self.name)

    def model(self, likelihood: Likelihood | None) -> Any:
        """The trained model."""
        grid = artifacts.read_calibration(self.folder / "grid.npz")
        return models.load(spec_of(self.name, "score"), self.folder / "params.msgpack", likelihood, grid)

    def clean(self, split: str, images: int) -> Split:
        """The first images of a split, in grey levels."""
        return artifacts.read_split(self.results / f"splits/{split}.npz").take(slice(images))

    def split(self, split: str, images: int, draws: int = 1, strata: int | None = None) -> Split:
        """The first images of a split with draws of the experiment's noise."""
        strata = self.experiment.strata if strata is None else strata
        return dequantize(self.clean(split, images), self.experiment.dataset.seed, draws, strata)

    def scores(self, evaluation: str) -> np.ndarray:
        """The class scores of an evaluation, [images, classes, draws]."""
        parts = sorted((self.folder / f"scores/{evaluation}/all").glob("*.npz"), key=_place)
        return shards.join([artifacts.read_matrix(part) for part in parts]).scores


def _place(path: Path) -> int:
    """The number of a shard, from the name K-of-N."""
    return int(path.stem.split("-")[0])
