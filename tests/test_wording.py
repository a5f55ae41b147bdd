"""pydantic's errors in the words of a person who writes YAML."""

from typing import Annotated, Literal

import pytest
from pydantic import Field, ValidationError

from sbgc.config.base import Bool, Int, Name, Real, Settings, Text
from sbgc.config.mistakes import line
from sbgc.config.wording import mistakes


class One(Settings):
    kind: Literal["one"]
    size: Int


class Two(Settings):
    kind: Literal["two"]
    size: Real


class Whole(Settings):
    number: Annotated[Int, Field(ge=2, le=5)] = 2
    real: Real = 1.0
    truth: Bool = True
    text: Text = ""
    choice: Literal["fog", "frost"] = "fog"
    many: Annotated[tuple[Int, ...], Field(min_length=2, max_length=3)] = (1, 2)
    named: dict[Name, Annotated[One | Two, Field(discriminator="kind")]] = {}
    one: One | None = None


def told(values: dict) -> list[str]:
    with pytest.raises(ValidationError) as caught:
        Whole.model_validate(values)
    return [line(one, "c") for one in mistakes(caught.value, values)]


@pytest.mark.parametrize(
    ("values", "rule"),
    [
        ({"number": 1}, "number = 1: must be at least 2"),
        ({"number": 6}, "number = 6: must be at most 5"),
        ({"number": 16**5000}, "number = (more than 30 digits): must be at most 5"),
        ({"number": 2.5}, "number = 2.5: must be a whole number"),
        (
            {"real": "2e-4"},
            "real = '2e-4': must be a number; YAML needs the point and the sign, as in 2.0e-4 or 1.0e+3",
        ),
        ({"real": "2"}, "real = '2': must be a number without quotes; inside the braces of --config all is quoted"),
        ({"real": float("nan")}, "real = nan: must be finite"),
        ({"real": 16**5000}, "real = (more than 30 digits): must have fewer digits"),
        ({"truth": 1}, "truth = 1: must be true or false"),
        ({"text": 5}, "text = 5: must be text"),
        ({"text": b"x"}, "text = b'x': must be text"),
        ({"text": "\ud800"}, "text = '\\ud800': must be text of valid characters"),
        ({"text": "a\nb"}, "text = 'a\\nb': must hold no line break and no other control character"),
        (
            {"text": "x" * 201},
            "text = 'xxxxxxxxxxxxxxxxxxxxxxxxxxx...xxxxxxxxxxxxxxxxxxxxxxxxxxxx': must have at most 200",
        ),
        ({"choice": "frog"}, "choice = 'frog': must be 'fog' or 'frost' (did you mean fog?)"),
        ({"many": [1]}, "many = [1]: must have at least 2 entries"),
        ({"many": [1, 2, 3, 4]}, "many = [1, 2, 3, 4]: must have at most 3 entries"),
        ({"many": ["x", 2]}, "many[0] = 'x': must be a whole number"),
        ({"many": list(range(2000))}, "many = [0, 1, 2, 3, 4, 5, ...]: must have at most 1000 entries"),
        ({"many": "12"}, "many = '12': must be a list"),
        ({"named": []}, "named = []: must be a mapping of keys to values"),
        ({"named": {"a": 5}}, "named.a = 5: must be a mapping of keys to values"),
        ({"named": {"a": {}}}, "named.a.kind: this key is missing"),
        ({"named": {"a": {"knd": "one"}}}, "named.a.kind: this key is missing; is it misspelled as knd?"),
        ({"named": {"a": {"kind": "onee"}}}, "named.a.kind = 'onee': must be one of 'one', 'two' (did you mean one?)"),
        ({"named": {"a": {"kind": "one"}}}, "named.a.size: this key is missing"),
        ({"named": {"a": {"kind": "one", "size": "x"}}}, "named.a.size = 'x': must be a whole number"),
        ({"named": {"a": {"kind": "one", "size": 1, "one": 2}}}, "named.a.one = 2: no such key; allowed: kind, size"),
        ({"named": {"one": {"kind": "one", "size": "x"}}}, "named.one.size = 'x': must be a whole number"),
        ({"named": {"A": {"kind": "one", "size": 1}}}, "named.A: must be a name of at most 40 lowercase letters, "),
        (
            {"named": {"a" * 41: {"kind": "one", "size": 1}}},
            f"named.{'a' * 41}: must be a name of at most 40 lowercase ",
        ),
        ({"named": {5: {"kind": "one", "size": 1}}}, "named[5]: a key must be text"),
        ({"named": {None: {"kind": "one", "size": 1}}}, "named.None: a key must be text"),
        ({"one": 5}, "one = 5: must be a mapping of keys to values"),
        ({"nmber": 5}, "nmber = 5: no such key (did you mean number?); allowed: number, real, truth, text, choice, "),
        ({5: 5}, "[5] = 5: no such key; allowed: number, "),
    ],
    ids=lambda value: value[:40] if isinstance(value, str) else "",
)
def test_an_error_is_told_in_plain_words_at_its_place(values, rule):
    (found,) = told(values)
    assert found.startswith(f"c: {rule}"), found
    assert found.isprintable()


def test_each_error_has_its_own_line():
    assert told({"number": 1, "many": ["x", "y", 3]}) == [
        "c: number = 1: must be at least 2",
        "c: many[0] = 'x': must be a whole number",
        "c: many[1] = 'y': must be a whole number",
    ]
