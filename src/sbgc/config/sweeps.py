"""One model as several, which differ in one setting: `sweep: {setting: bottleneck.beta, values: [0, 1, 2]}`.

The model NAME then stands for the models NAME_0, NAME_1 and NAME_2. `sweep: null` takes away one that is inherited.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, NamedTuple

from pydantic import Field, ValidationError

from sbgc.config.base import NAME, PATTERNS, Distinct, Int, Real, SettingPlace, Settings, Written
from sbgc.config.mistakes import Mistake, Place, shown
from sbgc.config.wording import mistakes

KEY = "sweep"


class Sweep(Settings):
    """The setting in which models of a sweep differ, by its place in the model, and its values."""

    setting: SettingPlace
    values: Annotated[tuple[Int | Real | Written, ...], Field(min_length=1, max_length=50), Distinct]

    def names(self, name: str) -> list[str]:
        """Those of the models, in the order of the values. Points and signs of numbers become underscores."""
        return [f"{name}_{value if isinstance(value, str) else _number(value)}" for value in self.values]


def _number(value: float) -> str:
    text = f"{value:g}" if isinstance(value, float) else str(value)
    return text.translate(str.maketrans(".-+", "___"))


class WrittenOut(NamedTuple):
    """The configuration with every model of a sweep written out, and the mistakes in sweeps.

    sweeps: the place of every such model, and that of the one that stands for it.
    """

    complete: dict[str, Any]
    mistakes: list[Mistake]
    sweeps: dict[Place, Place]

    def told(self, mistake: Mistake) -> Mistake:
        """The mistake at the place where the configuration has it."""
        depth = len(("experiments", "NAME", "models", "NAME"))
        outer = mistake.place[:depth]
        return mistake._replace(place=(*self.sweeps.get(outer, outer), *mistake.place[depth:]))


def written_out(complete: Mapping[str, Any]) -> WrittenOut:
    """The models of all sweeps of a configuration that has its `extends` written out."""
    experiments, found, sweeps = complete.get("experiments"), list[Mistake](), dict[Place, Place]()
    if not isinstance(experiments, Mapping):
        return WrittenOut(dict(complete), [], {})
    after = {}
    for name, experiment in experiments.items():
        after[name] = experiment
        if isinstance(experiment, Mapping) and isinstance(models := experiment.get("models"), Mapping):
            place: Place = ("experiments", name, "models")
            members = dict(_members(place, models, found, sweeps))
            after[name] = {**experiment, "models": members}
    return WrittenOut({**complete, "experiments": after}, found, sweeps)


def _members(
    place: Place, models: Mapping[str, Any], found: list[Mistake], sweeps: dict[Place, Place]
) -> Iterator[tuple[str, Any]]:
    for name, model in models.items():
        if not isinstance(model, Mapping) or KEY not in model:
            yield name, model
            continue
        own = {key: value for key, value in model.items() if key != KEY}
        if model[KEY] is None:
            yield name, own
            continue
        try:
            sweep = Sweep.model_validate(model[KEY])
        except ValidationError as error:
            wrong = mistakes(error, model[KEY] if isinstance(model[KEY], Mapping) else {})
            found += [one._replace(place=(*place, name, KEY, *one.place)) for one in wrong]
            yield name, own
            continue
        for member, value in zip(sweep.names(name), sweep.values, strict=True):
            if not re.fullmatch(NAME, member):
                found.append(Mistake((*place, name, KEY), f"makes a model {shown(member)}, which {PATTERNS[NAME]}"))
            elif member in models or (*place, member) in sweeps:
                rule = f"makes a model {member}, and there is another one of that name"
                found.append(Mistake((*place, name, KEY), rule))
            else:
                sweeps[(*place, member)] = (*place, name)
                yield member, _with(own, sweep.setting.split("."), value)


def _with(settings: Mapping[str, Any], path: list[str], value: object) -> dict[str, Any]:
    """The settings with another value at a place."""
    first, *rest = path
    inner = settings.get(first)
    return {**settings, first: _with(inner if isinstance(inner, Mapping) else {}, rest, value) if rest else value}
