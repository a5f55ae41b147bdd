"""pydantic's errors in the words of the configuration: an adapter from its `errors()` to mistakes."""

import re
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from sbgc.config.base import PATTERNS
from sbgc.config.mistakes import MISSING, Mistake, Place, hint

PLAIN = {  # pydantic's words, and those of a person who writes YAML
    "Input should": "must",
    "must be a valid integer": "must be a whole number",
    "must be a valid number": "must be a number",
    "must be a finite number": "must be finite",
    "must be a valid boolean": "must be true or false",
    "must be a valid string": "must be text",
    "must be a valid tuple": "must be a list",
    "must be a valid dictionary": "must be a mapping of keys to values",
    "greater than or equal to": "at least",
    "less than or equal to": "at most",
    "Value error, ": "",
}
DISCRIMINATORS = ("kind", "method", "name", "procedure")  # the keys whose values tell the members of a union apart
MAPPING = "must be a mapping of keys to values"
KINDS_OF_ERRORS = {  # whose words say too little, or name what is inside the program
    "missing": MISSING,
    "model_type": MAPPING,
    "model_attributes_type": MAPPING,
    "string_too_short": "must not be empty",
    "recursion_loop": "must not hold itself",
    "string_unicode": "must be text of valid characters",
}
AS_TEXT = {  # what YAML 1.1 takes for text although it looks like a value, and what to write
    r"[-+]?\d+(\.\d*)?[eE][-+]?\d+": "; YAML needs the point and the sign, as in 2.0e-4 or 1.0e+3",
    r"[-+]?\d+(\.\d*)?|true|false": " without quotes; inside the braces of --config all is quoted, so use --configfile",
}


def mistakes(error: ValidationError, whole: Mapping[str, Any]) -> list[Mistake]:
    """What pydantic found in the mapping `whole`."""
    return [_mistake(found, whole) for found in error.errors(include_url=False) if not _of_an_entry(found)]


def _of_an_entry(found: ErrorDetails) -> bool:
    """Whether a list is called too short only because an entry of it is refused, which is told by itself."""
    if found["type"] != "too_short":
        return False
    given = found["input"]
    return isinstance(given, (list, tuple)) and len(given) >= found["ctx"]["min_length"]


def _mistake(found: ErrorDetails, whole: Mapping[str, Any]) -> Mistake:
    context, place = found.get("ctx", {}), _place(found, whole)
    if found["type"] == "missing" or found["loc"][-1:] == ("[key]",):
        return Mistake(place, _rule(found))
    if found["type"] == "union_tag_not_found":
        tag = context["discriminator"].strip("'")
        misspelled = get_close_matches(tag, [key for key in found["input"] if isinstance(key, str)], n=1)
        return Mistake((*place, tag), MISSING + "".join(f"; is it misspelled as {key}?" for key in misspelled))
    if found["type"] == "union_tag_invalid":
        tag, allowed = context["discriminator"].strip("'"), context["expected_tags"]
        names = re.findall(r"'([^']*)'", allowed)
        return Mistake(
            (*place, tag), f"must be one of {allowed}{hint(found['input'][tag], names)}", found["input"][tag]
        )
    return Mistake(place, _rule(found), found["input"])


def _rule(found: ErrorDetails) -> str:
    kind, context, value = found["type"], found.get("ctx", {}), found["input"]
    if kind in ("too_short", "too_long"):
        return f"must have {_entries(context)}"
    if kind == "string_pattern_mismatch":
        return PATTERNS[context["pattern"]]
    if kind == "string_too_long":
        return f"must have at most {context['max_length']} characters"
    if kind == "string_type" and found["loc"][-1] == "[key]":
        return "a key must be text"
    if kind == "float_type" and isinstance(value, int) and not isinstance(value, bool):
        return "must have fewer digits"
    if kind in KINDS_OF_ERRORS:
        return KINDS_OF_ERRORS[kind]
    rule = found["msg"]
    for words, plain in PLAIN.items():
        rule = rule.replace(words, plain)
    if kind == "literal_error":
        rule += hint(value, re.findall(r"'([^']*)'", context.get("expected", "")))
    if kind in ("int_type", "float_type", "bool_type") and isinstance(value, str):
        rule += next((remedy for form, remedy in AS_TEXT.items() if re.fullmatch(form, value)), "")
    return rule


def _entries(context: Mapping[str, Any]) -> str:
    least, largest = context.get("min_length"), context.get("max_length")
    number = largest if least is None else least
    return f"at {'most' if least is None else 'least'} {'one entry' if number == 1 else f'{number} entries'}"


def _place(found: ErrorDetails, whole: Any) -> Place:
    """Where the error is: pydantic's path without the tags that it puts after the key of a union."""
    place: list[str | int] = []
    at_union = True  # whether the next part may be a tag
    for number, part in enumerate(found["loc"], 1):
        is_last = number == len(found["loc"])
        if at_union and not is_last and isinstance(whole, Mapping) and part in map(whole.get, DISCRIMINATORS):
            at_union = False
        elif _holds(whole, part):
            whole, at_union = whole[part], True
            place.append(part)
        elif found["loc"][number:] == ("[key]",) or (is_last and found["type"] in ("missing", "mistake")):
            place.append(part)  # a key that is not there, or is not the text by which pydantic calls it
    return tuple(place)


def _holds(whole: Any, part: str | int) -> bool:
    if isinstance(whole, Mapping):
        return part in whole
    return isinstance(whole, (list, tuple)) and isinstance(part, int) and part < len(whole)
