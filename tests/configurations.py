"""The configuration of the project, with changes: what it loads as, or the lines that refuse it."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sbgc.config.experiment import Experiment
from sbgc.config.file import read
from sbgc.config.loading import Config, Source, load
from sbgc.config.mistakes import ConfigError

ROOT = Path(__file__).parents[1]
FILES = [ROOT / "config.yaml", *sorted(ROOT.glob("experiments/*.yaml"))]
SOURCES = [Source(str(file.relative_to(ROOT)), read(file)) for file in FILES]
WHOLE = json.dumps(SOURCES[0].values)  # config.yaml as text, of which each test has its own copy
ABSENT = "(the key is deleted)"  # a text, so that every process of a test run names its tests alike
GAUSSIAN_ALONE = {
    "models": {"score": None, "wide_resnet": None},
    "corruptions": {"baseline": None},
    **dict.fromkeys(("race", "crosscheck", "samples")),
}
WIDE_RESNET_ALONE = {
    "models": {"score": None, "gaussian": None},
    **dict.fromkeys(("convergence", "crosscheck", "interpolation", "labels", "outliers", "race", "samples")),
}
OPTIONAL = (
    "ten_crops",
    "convergence",
    "crosscheck",
    "race",
    "corruptions",
    "outliers",
    "attacks",
    "interpolation",
    "samples",
    "labels",
    "counterexample",
    "explanations",
)


def mine(**changes: Any) -> dict[str, Any]:
    """The mapping of a file mine.yaml, whose experiment extends digits."""
    return {"experiment": "mine", "experiments": {"mine": {"extends": "digits", **changes}}}


def loaded(values: dict[str, Any]) -> Config:
    """All files of the project with these values on top."""
    return load(*SOURCES, Source("mine.yaml", values))


def experiment(**changes: Any) -> Experiment:
    """digits, changed."""
    return loaded(mine(**changes)).experiments["mine"]


def refusal(values: dict[str, Any]) -> list[str]:
    """The lines that refuse these values on top of all files of the project."""
    with pytest.raises(ConfigError) as caught:
        loaded(values)
    return str(caught.value).split("\n")


def changed(place: str, value: Any, without: str | None = None) -> dict[str, Any]:
    """config.yaml with another value at a place, where ~ stands for experiments.digits, and without another place."""
    whole = json.loads(WHOLE)
    if without is not None:
        inner, last = _inner(whole, without)
        del inner[last]
    inner, last = _inner(whole, place)
    if value == ABSENT:
        del inner[last]
    else:
        inner[last] = value
    return whole


def refusal_of_one(place: str, value: Any, without: str | None = None) -> list[str]:
    """The lines that refuse config.yaml with such a change."""
    with pytest.raises(ConfigError) as caught:
        load(Source("config.yaml", changed(place, value, without)))
    return str(caught.value).split("\n")


def places(value: object, place: str = "") -> Iterator[tuple[str, object]]:
    """Every place of a mapping with its value, outermost first."""
    if place:
        yield place, value
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from places(inner, f"{place}.{key}".removeprefix("."))
    if isinstance(value, list):
        for number, inner in enumerate(value):
            yield from places(inner, f"{place}[{number}]")


def _inner(whole: Any, place: str) -> tuple[Any, str | int]:
    """The mapping or the list that a place is in, and its key or index there."""
    found = re.findall(r"\[(\d+)\]|([^.\[]+)", place.replace("~", "experiments.digits"))
    *above, last = [int(index) if index else key for index, key in found]
    for part in above:
        whole = whole[part]
    return whole, last
