"""How a mistake in the configuration is told: one line with the place, the value found and what is allowed.

`config.yaml: experiments.digits.models.score.sde.beta_min = -0.1: must be greater than 0`
"""

import difflib
import reprlib
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from pydantic import ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

Place = tuple[str | int, ...]  # keys and indices, outermost first
ABSENT = object()  # the value of a mistake that has none to show, such as a missing key
MISSING = "this key is missing"


class ConfigError(ValueError):
    """The configuration is refused; the message has one line for each mistake."""


class Mistake(NamedTuple):
    """The value at a place breaks a rule. Places count from the model that finds the mistake."""

    place: Place
    rule: str
    value: object = ABSENT


def refuse(mistakes: Iterable[Mistake]) -> None:
    """Raise pydantic's ValidationError if there is a mistake; the models around it put their own places in front."""
    details = [
        InitErrorDetails(type=PydanticCustomError("mistake", "{rule}", {"rule": rule}), loc=place, input=value)
        for place, rule, value in mistakes
    ]
    if details:
        raise ValidationError.from_exception_data("config.yaml", details)


def line(mistake: Mistake, source: object = "config.yaml") -> str:
    """`source: place = value: rule`, always on one line."""
    parts = [f"[{part}]" if isinstance(part, int) else f".{part[:80]}" for part in mistake.place]
    place = "".join(parts).removeprefix(".")
    value = "" if mistake.value is ABSENT else f" = {shown(mistake.value)}"
    text = f"{source}: {place}{value}: {mistake.rule}" if place else f"{source}{value}: {mistake.rule}"
    return " ".join(text.split())


def shown(value: object) -> str:
    """A value much as YAML writes it; a long one is cut."""
    return _ABRIDGED.repr(value)


def one_of(value: object, allowed: Iterable[object]) -> str:
    """The rule for a value that is chosen from a few."""
    choices = list(allowed)
    rule = f"must be one of {', '.join(map(repr, choices))}" if len(choices) > 1 else f"must be {choices[0]!r}"
    return rule + hint(value, choices)


def equal(place: Place, value: object, wanted: object, why: str) -> Iterator[Mistake]:
    """The mistake of a value that must be another one."""
    if value != wanted:
        yield Mistake(place, f"must be {shown(wanted)}, {why}", value)


def most(place: Place, value: int, limit: int | None, why: str) -> Iterator[Mistake]:
    """The mistake of a value above a limit; None is no limit."""
    if limit is not None and value > limit:
        yield Mistake(place, f"must be at most {limit}, {why}", value)


def hint(value: object, allowed: Iterable[object]) -> str:
    """The end of a rule: a guess at what was meant."""
    names = [name for name in allowed if isinstance(name, str)]
    found = difflib.get_close_matches(value, names, n=1) if isinstance(value, str) and len(value) < 200 else []
    return "".join(f" (did you mean {name}?)" for name in found)


class _Abridged(reprlib.Repr):
    """Lists, booleans and nothing in YAML's words."""

    def repr_tuple(self, value: tuple[object, ...], level: int) -> str:
        return self.repr_list(list(value), level)

    def repr_bool(self, value: bool, level: int) -> str:
        return str(value).lower()

    def repr_NoneType(self, value: None, level: int) -> str:  # noqa: N802 - reprlib calls it by the type's name
        return "null"


_ABRIDGED = _Abridged()
_ABRIDGED.maxstring, _ABRIDGED.maxlevel = 60, 2
