"""How a mistake in the configuration is told: one line with the place, the value found and what is allowed.

`config.yaml: experiments.digits.models.score.sde.beta_min = -0.1: must be greater than 0`
"""

import difflib
import itertools
import reprlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from pydantic import ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

Place = tuple[str | int, ...]  # keys and indices, outermost first
ABSENT = object()  # the value of a mistake that has none to show, such as a missing key
MISSING = "this key is missing"
LONGEST_LIST = 400  # characters of the choices that a rule lists
LONGEST_KEY = 64  # characters that are shown of a key
LONGEST_WORD = 200  # characters of a value for which a guess is made
MOST_LINES = 50  # of one message


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
    """`source: place = value: rule`, always on one line and without control characters."""
    parts = [f"[{part}]" if isinstance(part, int) else f".{shown_key(part)}" for part in mistake.place]
    place = "".join(parts).removeprefix(".")
    value = "" if mistake.value is ABSENT else f" = {shown(mistake.value)}"
    return _printable(f"{source}: {place}{value}: {mistake.rule}" if place else f"{source}{value}: {mistake.rule}")


def together(lines: Iterable[str]) -> ConfigError:
    """The error of all lines, each told once; of very many, the first ones and the number of the others."""
    told = list(dict.fromkeys(lines))
    rest = [f"and {len(told) - MOST_LINES} mistakes more"] if len(told) > MOST_LINES else []
    return ConfigError("\n".join(told[:MOST_LINES] + rest))


def shown(value: object) -> str:
    """A value much as YAML writes it; a long one is cut."""
    return _ABRIDGED.repr(value)


def shown_key(key: object) -> str:
    """A key as it stands; a long one is cut."""
    text = _printable(str(key))
    return text if len(text) <= LONGEST_KEY else f"{text[:LONGEST_KEY]}..."


def one_of(value: object, allowed: Iterable[object]) -> str:
    """The rule for a value that is chosen from a few."""
    choices = list(allowed)
    return f"must be {'one of ' if len(choices) > 1 else ''}{listed(map(shown, choices))}{hint(value, choices)}"


def listed(words: Iterable[str]) -> str:
    """Words with commas between them; of very many, the first ones."""
    every = list(words)
    lengths = itertools.accumulate(len(word) + 2 for word in every)
    fit = max(sum(length <= LONGEST_LIST for length in lengths), 1)
    return ", ".join(every[:fit]) + (f" and {len(every) - fit} more" if len(every) > fit else "")


def equal(place: Place, value: object, wanted: object, why: str) -> Iterator[Mistake]:
    """The mistake of a value that must be another one."""
    if value != wanted:
        yield Mistake(place, f"must be {shown(wanted)}, {why}", value)


def of_training(place: Place, name: str, evaluations: Mapping[str, Any]) -> Iterator[Mistake]:
    """An evaluation that other images are compared with is one of training images."""
    if name not in evaluations:
        yield Mistake(place, one_of(name, evaluations), name)
    elif (split := evaluations[name].split) != "train":
        yield Mistake(place, f"must be an evaluation of the split train, and this one is of {split}", name)


def most(place: Place, value: float, limit: float | None, why: str) -> Iterator[Mistake]:
    """The mistake of a value above a limit; None is no limit."""
    if limit is not None and value > limit:
        yield Mistake(place, f"must be at most {limit}, {why}", value)


def hint(value: object, allowed: Iterable[object]) -> str:
    """The end of a rule: a guess at what was meant."""
    names = [name for name in allowed if isinstance(name, str)]
    word = value if isinstance(value, str) and len(value) < LONGEST_WORD else ""
    found = difflib.get_close_matches(word, names, n=1)
    return "".join(f" (did you mean {shown_key(name)}?)" for name in found)


def _printable(text: str) -> str:
    """The text with escapes in place of line breaks and of what else a terminal would obey."""
    return "".join(one if one.isprintable() else repr(one)[1:-1] for one in text)


class _Abridged(reprlib.Repr):
    """Lists, booleans and nothing in YAML's words."""

    def repr_tuple(self, value: tuple[object, ...], level: int) -> str:
        return self.repr_list(list(value), level)

    def repr_bool(self, value: bool, level: int) -> str:
        return str(value).lower()

    def repr_int(self, value: int, level: int) -> str:
        return str(value) if abs(value) < 10**30 else "(more than 30 digits)"

    def repr_NoneType(self, value: None, level: int) -> str:  # noqa: N802 - reprlib calls it by the type's name
        return "null"


_ABRIDGED = _Abridged()
_ABRIDGED.maxstring, _ABRIDGED.maxother, _ABRIDGED.maxlevel = 60, 60, 2
