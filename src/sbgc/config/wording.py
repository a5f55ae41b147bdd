"""pydantic's errors in the words of the configuration: an adapter from its `errors()` to mistakes."""

import re
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from sbgc.config.mistakes import MISSING, Mistake, Place, hint

PLAIN = {  # pydantic's words, and those of a person who writes YAML
    "Input should": "must",
    "must be a valid integer": "must be a whole number",
    "must be a valid number": "must be a number",
    "must be a finite number": "must be finite",
    "must be a valid boolean": "must be true or false",
    "must be a valid string": "must be text",
    "must be a valid tuple": "must be a list",
    "must be a valid dictionary or instance of": "must be a mapping of keys to values, as",
    "must be a valid dictionary": "must be a mapping of keys to values",
    "greater than or equal to": "at least",
    "less than or equal to": "at most",
    "Value error, ": "",
    "String should match": "must match",
}
AS_TEXT = {  # what YAML 1.1 takes for text although it looks like a value, and what to write
    r"[-+]?\d+(\.\d*)?[eE][-+]?\d+": "; YAML needs the point and the sign, as in 2.0e-4 or 1.0e+3",
    r"[-+]?\d+(\.\d*)?|true|false": " without quotes; inside the braces of --config all is quoted, so use --configfile",
}


def mistakes(error: ValidationError, whole: Mapping[str, Any]) -> list[Mistake]:
    """What pydantic found in the mapping `whole`."""
    return [_mistake(details, whole) for details in error.errors(include_url=False)]


def _mistake(found: ErrorDetails, whole: Mapping[str, Any]) -> Mistake:
    kind, value, context, place = found["type"], found["input"], found.get("ctx", {}), _place(found, whole)
    if found["loc"][-1:] == ("[key]",):
        return Mistake(place, f"a part of file paths: {_rule(found)}" if kind != "literal_error" else _rule(found))
    if kind == "missing":
        return Mistake(place, MISSING)
    if kind == "union_tag_not_found":
        return Mistake((*place, context["discriminator"].strip("'")), MISSING)
    if kind == "union_tag_invalid":
        tag, allowed = context["discriminator"].strip("'"), context["expected_tags"]
        names = re.findall(r"'([^']*)'", allowed)
        return Mistake((*place, tag), f"must be one of {allowed}{hint(context['tag'], names)}", value[tag])
    return Mistake(place, _rule(found), value)


def _rule(found: ErrorDetails) -> str:
    if found["type"] in ("too_short", "too_long"):
        bound = "min_length" if found["type"] == "too_short" else "max_length"
        return f"must have {'at least' if bound == 'min_length' else 'at most'} {found['ctx'][bound]} entries"
    rule = found["msg"]
    for words, plain in PLAIN.items():
        rule = rule.replace(words, plain)
    if found["type"] == "literal_error":
        rule += hint(found["input"], re.findall(r"'([^']*)'", found.get("ctx", {}).get("expected", "")))
    if found["type"] in ("int_type", "float_type", "bool_type") and isinstance(found["input"], str):
        rule += next((remedy for form, remedy in AS_TEXT.items() if re.fullmatch(form, found["input"])), "")
    return rule


def _place(found: ErrorDetails, whole: Any) -> Place:
    """Where the error is: pydantic's path without the tags that it puts after the key of a union."""
    place: list[str | int] = []
    for number, part in enumerate(found["loc"], 1):
        inside = isinstance(whole, Mapping) and part in whole
        inside |= isinstance(whole, (list, tuple)) and isinstance(part, int) and part < len(whole)
        if part == "[key]":
            continue
        if inside:
            whole = whole[part]
            place.append(part)
        elif number == len(found["loc"]) and found["type"] in ("missing", "mistake"):
            place.append(part)  # a key that is not there
    return tuple(place)
