"""The configuration out of several YAML files, checked; a mistake is one line that names its file.

Later files win, key by key. An experiment or a model may extend another one: `extends: NAME` takes over all that the
other one has, and what stands beside it wins, key by key. Then sweeps of models are written out (sweeps.py).
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal, NamedTuple, get_args

from pydantic import Field, ValidationError, model_validator

from sbgc.config import sweeps
from sbgc.config.base import ExperimentName, FilePath, Settings, Written
from sbgc.config.experiment import Experiment
from sbgc.config.extends import expanded, extended, merged
from sbgc.config.mistakes import MISSING, Mistake, Place, line, most, one_of, refuse, together
from sbgc.config.spec import Quoted
from sbgc.config.wording import mistakes

Table = Literal["table1", "table2", "table3", "flows", "bottleneck", "robustness", "detection"]
Mirrors = Annotated[tuple[Written, ...], Field(max_length=20)]
RESERVED = "raw"  # results/raw holds the datasets as they were fetched


class Downloads(Settings):
    """Where files are looked for: first in the folder, then at each of a dataset's mirrors in turn.

    Folders and addresses, https:// or file://. Every file is checked by its published hash before it is read.
    """

    folder: FilePath | None
    ilsvrc: FilePath | None  # the folder of ImageNet's pictures, which nothing downloads
    mnist: Mirrors
    kmnist: Mirrors
    cifar10: Mirrors
    cifar10c: Mirrors

    def sources(self, dataset: str) -> list[str]:
        """Of a dataset, in the order in which they are tried."""
        return [*([self.folder] if self.folder else []), *getattr(self, dataset, ())]


class Config(Settings):
    """config.yaml, with the experiments of the other files."""

    experiment: Written  # the one that a run makes
    downloads: Downloads
    experiments: Annotated[dict[ExperimentName, Experiment], Field(min_length=1, max_length=200)]
    quoted: dict[Table, Annotated[tuple[Quoted, ...], Field(min_length=1, max_length=50)]]

    @model_validator(mode="after")
    def _complete(self) -> "Config":
        if RESERVED in self.experiments:
            refuse([Mistake(("experiments", RESERVED), "a folder of the results has this name; choose another")])
        refuse(Mistake(("quoted", table), MISSING) for table in get_args(Table) if table not in self.quoted)
        if self.experiment not in self.experiments:
            refuse([Mistake(("experiment",), one_of(self.experiment, self.experiments), self.experiment)])
        refuse(one for name in self.experiments for one in self._outliers(name))
        return self

    def _outliers(self, name: str) -> Iterator[Mistake]:
        """Mistakes in the experiments whose test images are outliers for this one."""
        odd = self.experiments[name].outliers
        others = [other for other in self.experiments if other != name]
        for number, other in enumerate(odd.experiments if odd else ()):
            place = ("experiments", name, "outliers", "experiments", number)
            if other not in others:
                yield Mistake(place, one_of(other, others), other)
            elif odd and other in odd.sets:
                yield Mistake(place, "stands in sets, too, and one name cannot be two sets", other)
            elif odd:
                why = f"the test images of {other}"
                yield from most((*place[:3], "images"), odd.images, self.experiments[other].dataset.test, why)


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
    unknown = [one.place[:-2] for one in found]  # where it is not known what experiments or models take over
    written = sweeps.written_out(complete)
    found += written.mistakes
    try:
        config = Config.model_validate(written.complete)
    except ValidationError as error:
        wrong = map(written.told, mistakes(error, written.complete))
        found += [one for one in wrong if not any(_within(one.place, part) for part in unknown)]
    if found:
        raise together(line(one, _named(one.place, sources)) for one in _once(found, whole))
    return config


def _within(place: Place, outer: Place) -> bool:
    return place[: len(outer)] == outer


def _once(found: Sequence[Mistake], whole: Mapping[str, Any]) -> list[Mistake]:
    """One mistake for each place, without those that only follow from another one.

    These are mistakes inside a key that is refused itself, those that an experiment or a model takes over from the one
    that it extends, and those of settings that are taken over from one with any mistake. whole: the configuration
    before it was expanded.
    """
    first = {one.place: one for one in reversed(found)}

    def follows_from(base: Place, place: Place, depth: int) -> bool:
        taken_over = _depth(whole, place) < len(place)
        return refused((*base, *place[depth:]), depth) or (taken_over and any(_within(one, base) for one in first))

    def refused(place: Place, shortest: int) -> bool:
        return any(place[:length] in first for length in range(shortest, len(place) + 1))

    def follows(place: Place) -> bool:
        for depth in (2, 4):  # experiments.NAME, experiments.NAME.models.NAME
            seen, base = [place[:depth]], extended(whole, place[:depth]) if len(place) >= depth else None
            while base and base not in seen:
                if follows_from(base, place, depth):
                    return True
                seen, base = [*seen, base], extended(whole, base)
        return refused(place[:-1], 1)

    return [one for place, one in reversed(first.items()) if not follows(place)]


def _named(place: Place, sources: Sequence[Source]) -> str:
    """The last source that holds the place, or the most of it; the first one where none holds anything of it."""

    def depth(source: Source) -> int:
        return _depth(source.values, place)

    deepest = max(reversed(sources), key=depth)
    return (deepest if depth(deepest) else sources[0]).name


def _depth(values: Any, place: Place) -> int:
    """How many parts of a place nested mappings and lists hold."""
    for number, part in enumerate(place):
        entries = dict(enumerate(values)) if isinstance(values, list) else values
        if not isinstance(entries, Mapping) or part not in entries:
            return number
        values = entries[part]
    return len(place)
