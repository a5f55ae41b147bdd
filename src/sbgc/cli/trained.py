"""What an experiment has trained: found in a repository and its results, with no network and nothing made anew."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sbgc import artifacts, models
from sbgc.artifacts import ArtifactError, Matrix, Split
from sbgc.config.experiment import Experiment
from sbgc.config.file import read
from sbgc.config.loading import Source, load
from sbgc.config.mistakes import ConfigError, one_of
from sbgc.config.models import fitted_as
from sbgc.config.spec import Spec, facts_of
from sbgc.kinds import KINDS
from sbgc.procedures.scoring import shards

REFERENCE = "train"  # the evaluation whose images an image is compared with


@dataclass(frozen=True)
class Trained:
    """A model with its weights; the experiment's settings; the training split; scores of images in it, if there are."""

    model: Any
    experiment: Experiment
    train: Split
    reference: Matrix | None


def experiment_of(repository: Path, configfiles: Sequence[Path], name: str) -> Experiment:
    """The settings of an experiment. Raises ConfigError, one line for each mistake."""
    if not (repository / "config.yaml").is_file():
        raise ConfigError(f"{repository / 'config.yaml'}: no such file; --repository names the folder that has it")
    files = [repository / "config.yaml", *sorted(repository.glob("experiments/*.yaml")), *configfiles]
    experiments = load(*(Source(str(file), read(file)) for file in files)).experiments
    if name not in experiments:
        raise ConfigError(f"--experiment {name}: {one_of(name, experiments)}")
    return experiments[name]


def find(experiment: Experiment, results: Path, name: str, model: str, seed: int) -> Trained:
    """A model of an experiment. Raises ArtifactError where it has not been trained, or where a file is damaged."""
    if model not in experiment.models:
        raise ArtifactError(f"--model {model}: {one_of(model, experiment.models)}")
    settings, trainings = experiment.models[model], results / name
    folder = trainings / fitted_as(experiment.models, model) / f"seed{seed}"
    spec = Spec.model_validate(facts_of(name, experiment, model))
    likelihood = None if KINDS[settings.kind].exact else getattr(settings, "likelihood", None)
    with_grid = likelihood is not None and likelihood.procedure == "fast"
    needed = [folder / "params.msgpack", *([folder / "grid.npz"] if with_grid else [])]
    for path in needed:
        if not path.exists():
            command = f"snakemake --cores all --config experiment={name} {path}"
            raise ArtifactError(f"{path}: no such file; make it with `{command}`")
    grid = artifacts.read_calibration(needed[1]) if with_grid else None
    return Trained(
        models.load(spec, needed[0], likelihood, grid),
        experiment,
        artifacts.read_split(trainings / "splits" / "train.npz"),
        _reference(trainings / model / f"seed{seed}"),
    )


def _reference(folder: Path) -> Matrix | None:
    """The scores of images that were trained on, where they were evaluated."""
    parts = sorted(folder.glob(f"scores/{REFERENCE}/*/*-of-*.npz"), key=lambda path: int(path.stem.split("-")[0]))
    return shards.join([artifacts.read_matrix(path) for path in parts]) if parts else None
