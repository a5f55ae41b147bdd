"""The configuration out of several YAML files, checked; a mistake is one line that names its file.

Later files win, key by key. An experiment or a model may extend another one: `extends: NAME` takes over all that the
other one has, and what stands beside it wins, key by key.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, NamedTuple, get_args

from pydantic import Field, ValidationError, model_validator

from sbgc.config.base import ExperimentName, Settings
from sbgc.config.experiment import Experiment
from sbgc.config.extends import expanded, extended, merged
from sbgc.config.mistakes import MISSING, ConfigError, Mistake, Place, line, one_of, refuse
from sbgc.config.spec import Quoted
from sbgc.config.wording import mistakes

Table = Literal["table1", "table2", "table3"]
RESERVED = "raw"  # results/raw holds the datasets as they were fetched


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


class Config(Settings):
    """config.yaml, with the experiments of the other files."""

    experiment: str  # the one that a run makes
    downloads: Downloads
    experiments: Annotated[dict[ExperimentName, Experiment], Field(min_length=1, max_length=1_000)]
    quoted: dict[Table, Annotated[tuple[Quoted, ...], Field(min_length=1)]]

    @model_validator(mode="after")
    def _complete(self) -> "Config":
        if RESERVED in self.experiments:
            refuse([Mistake(("experiments", RESERVED), "a folder of the results has this name; choose another")])
        refuse(Mistake(("quoted", table), MISSING) for table in get_args(Table) if table not in self.quoted)
        if self.experiment not in self.experiments:
            refuse([Mistake(("experiment",), one_of(self.experiment, self.experiments), self.experiment)])
        return self


class Source(NamedTuple):
    """A file, or the command line, and the mapping that it holds."""

    name: str
    values: Mapping[str, Any]


def load(*sources: Source) -> Config:
    """The checked configuration of the sources, merged in their order.

    Raises ConfigError, with one line for each mistake, which names the last source that has a say in the place.
    """
    whole: dict[str, Any] = {}
    for source in sources:
        whole = merged(whole, source.values)
    complete, found = expanded(whole)
    if not found:
        try:
            return Config.model_validate(complete)
        except ValidationError as error:
            found = _once(mistakes(error, complete), whole)
    raise ConfigError("\n".join(dict.fromkeys(line(one, _named(one.place, sources)) for one in found)))


def json_schema() -> dict[str, Any]:
    """The JSON schema of the configuration's files, for editors.

    No key is required, since an experiment may inherit it and a file may hold a part; `extends` is offered.
    """
    schema = _without_required(Config.model_json_schema())
    extends = {"type": "string", "description": "The experiment or model that this one takes over and changes."}
    for name, part in schema["$defs"].items():
        if name == "Experiment" or "kind" in part.get("properties", {}):
            part["properties"] = {"extends": extends, **part["properties"]}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _once(found: Sequence[Mistake], whole: Mapping[str, Any]) -> list[Mistake]:
    """The mistakes without those that only follow from another one.

    These are mistakes inside a key that is refused itself, and those of an experiment or a model that extends a
    mistaken one. whole: the configuration before it was expanded.
    """
    places = [one.place for one in found]

    def follows(place: Place) -> bool:
        if any(place[:length] in places for length in range(1, len(place))):
            return True
        for depth in (2, 4):  # experiments.NAME, experiments.NAME.models.NAME
            base = extended(whole, place[:depth]) if len(place) >= depth else None
            if base and any(other[:depth] == base for other in places):
                return True
        return False

    return [one for one in found if not follows(one.place)]


def _named(place: Place, sources: Sequence[Source]) -> str:
    """The last source that holds the place, or the most of it."""

    def depth(values: Any) -> int:
        reached = 0
        for part in place:
            if not isinstance(values, Mapping) or part not in values:
                break
            values, reached = values[part], reached + 1
        return reached

    return max(reversed(sources), key=lambda source: depth(source.values)).name


def _without_required(schema: Any) -> Any:
    if isinstance(schema, dict):
        return {key: _without_required(value) for key, value in schema.items() if key != "required"}
    return [_without_required(value) for value in schema] if isinstance(schema, list) else schema
