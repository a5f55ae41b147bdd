"""The configuration: frozen models with bounds and no scientific default; config.yaml holds the values.

`load` turns every mistake into one line: the place, the value found, what is allowed. The JSON schema is generated from
the models.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, get_args

from pydantic import Field, ValidationError, model_validator

from sbgc.config import checks
from sbgc.config.base import Distinct, ExperimentName, Name, Real, Seed, Settings
from sbgc.config.evaluations import (
    Attacks,
    Corruptions,
    Dataset,
    Evaluation,
    Execution,
    Interpolation,
    Metrics,
    Race,
    Samples,
)
from sbgc.config.explain import explain
from sbgc.config.file import read
from sbgc.config.mistakes import MISSING, ConfigError, Mistake, one_of, refuse
from sbgc.config.models import Model

__all__ = ["Config", "ConfigError", "Experiment", "Quoted", "json_schema", "load", "read"]

Table = Literal["table1", "table2", "table3"]
RESERVED = "raw"  # results/raw has the datasets as they were fetched
NAMES_ONLY = {"additionalProperties": False}  # of a JSON schema: no key that is not a Name


class Experiment(Settings):
    """A dataset, its models and its evaluations."""

    dataset: Dataset
    seeds: Annotated[tuple[Seed, ...], Field(min_length=1), Distinct]  # of the models: one training each
    models: Annotated[dict[Name, Model], Field(min_length=1, json_schema_extra=NAMES_ONLY)]
    evaluations: Annotated[dict[Name, Evaluation], Field(json_schema_extra=NAMES_ONLY)]
    corruptions: Corruptions
    attacks: Attacks
    interpolation: Interpolation
    race: Race
    samples: Samples
    metrics: Metrics
    execution: Execution

    @model_validator(mode="after")
    def _consistent(self) -> "Experiment":
        refuse(checks.mistakes(self))
        return self


class Downloads(Settings):
    """Where files are looked for: first in the folder, then at each of a dataset's mirrors in turn.

    Folders and addresses, https:// or file://. Every file is checked by its published hash before it is read.
    """

    folder: str | None
    mnist: tuple[str, ...]
    cifar10: tuple[str, ...]
    cifar10c: tuple[str, ...]

    def sources(self, dataset: str) -> list[str]:
        """Of a dataset, in the order in which they are tried."""
        return [*([self.folder] if self.folder else []), *getattr(self, dataset, ())]


class Quoted(Settings):
    """A number that a paper printed, on CIFAR-10; None where it printed none."""

    model: str
    source: str
    accuracy: Real | None = None
    bits_per_dim: Real | None = None
    all_corruptions: Real | None = None
    without_noises: Real | None = None
    linf: Real | None = None
    l2: Real | None = None
    note: str = ""


class Config(Settings):
    """config.yaml."""

    experiment: str  # the one that a run makes
    downloads: Downloads
    experiments: Annotated[dict[ExperimentName, Experiment], Field(min_length=1, json_schema_extra=NAMES_ONLY)]
    quoted: dict[Table, tuple[Quoted, ...]]

    @model_validator(mode="after")
    def _complete(self) -> "Config":
        if RESERVED in self.experiments:
            refuse([Mistake(("experiments", RESERVED), "a folder of the results has this name; choose another")])
        refuse(Mistake(("quoted", table), MISSING) for table in get_args(Table) if table not in self.quoted)
        if self.experiment not in self.experiments:
            refuse([Mistake(("experiment",), one_of(self.experiment, self.experiments), self.experiment)])
        return self


def load(raw: Mapping[str, Any]) -> Config:
    """The checked configuration of a mapping such as Snakemake's `config`.

    Raises ConfigError, with one line for each mistake.
    """
    try:
        return Config.model_validate(raw)
    except ValidationError as error:
        raise ConfigError(explain(error, Config)) from None


def json_schema() -> dict[str, Any]:
    """The JSON schema of config.yaml, for editors and for `snakemake.utils.validate`."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **Config.model_json_schema()}
