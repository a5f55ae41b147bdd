"""pydantic's errors in the words of config.yaml."""

import re
from collections.abc import Collection
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from sbgc.config.mistakes import ABSENT, MISSING, Mistake, Place, hint, line, nearest, one_of
from sbgc.config.places import keys, tags, walk

RULES = {
    "greater_than": "must be greater than {gt:g}",
    "greater_than_equal": "must be at least {ge:g}",
    "less_than": "must be less than {lt:g}",
    "less_than_equal": "must be at most {le:g}",
    "multiple_of": "must be a multiple of {multiple_of:g}",
    "finite_number": "must be finite",
    "int_type": "must be a whole number",
    "float_type": "must be a number",
    "bool_type": "must be true or false",
    "string_type": "must be text",
    "tuple_type": "must be a list",
    "dict_type": "must be a mapping of keys to values",
    "model_type": "must be a mapping of keys to values",
    "model_attributes_type": "must be a mapping of keys to values",
    "too_short": "must have an entry",
    "too_long": "must have {max_length} entries",
    "string_pattern_mismatch": "a name, part of file paths, must match {pattern}",
    "recursion_loop": "must not contain itself",
    "value_error": "{error}",
    "mistake": "{rule}",
}
AS_TEXT = {  # what YAML 1.1 takes for text although it looks like a value, and what to write
    r"[-+]?\d+(\.\d*)?[eE][-+]?\d+": "; YAML needs the point and the sign, as in 2.0e-4 or 1.0e+3",
    r"[-+]?\d+(\.\d*)?|true|false": " without quotes; inside the braces of --config all is quoted, so use --configfile",
}


def explain(error: ValidationError, root: type[BaseModel]) -> str:
    """The lines that tell what pydantic found in a `root`."""
    found = (_translate(details, root) for details in error.errors(include_url=False))
    return "\n".join(dict.fromkeys(line(mistake) for mistake in found if mistake))


def _translate(found: ErrorDetails, root: type[BaseModel]) -> Mistake | None:
    """The mistake behind one of pydantic's errors; None where the error only echoes another one."""
    kind, value, context = found["type"], found["input"], found.get("ctx", {})
    of_key = found["loc"][-1:] == ("[key]",)
    place, types = walk(root, found["loc"][:-1] if of_key else found["loc"])
    match kind:
        case "missing" if isinstance(place[-1], int):
            return Mistake(place[:-1], f"must have {len(get_args(types[-2]))} entries", value)
        case "missing":
            return None if _misspelt(place[-1], value, keys(types[-2])) else Mistake(place, MISSING)
        case "extra_forbidden":
            return _unknown_key(place, keys(types[-2]))
        case "literal_error" if of_key:
            return _unknown_key(place, get_args(get_args(types[-2])[0]))
        case "literal_error":
            return Mistake(place, one_of(value, get_args(types[-1])), value)
        case "union_tag_not_found" | "union_tag_invalid":
            return _untold(place, types[-1], context["discriminator"].strip("'"), value)
        case "invalid_key" | "string_type" if of_key or kind == "invalid_key":
            return Mistake(place, "a key must be text")
        case "too_short" if value:
            return None  # its entries were refused one by one
    return Mistake(place, _rule(found), ABSENT if of_key else value)


def _rule(found: ErrorDetails) -> str:
    value = found["input"]
    rule = RULES[found["type"]].format(**found.get("ctx", {})) if found["type"] in RULES else found["msg"]
    if found["type"] in ("int_type", "float_type", "bool_type") and isinstance(value, str):
        return rule + next((remedy for form, remedy in AS_TEXT.items() if re.fullmatch(form, value)), "")
    return rule


def _unknown_key(place: Place, allowed: Collection[str]) -> Mistake:
    return Mistake(place, f"no such key{hint(place[-1], allowed)}; allowed: {', '.join(allowed)}")


def _untold(place: Place, union: Any, name: str, value: dict[str, Any]) -> Mistake:
    """The key `name` should tell which model of a union a mapping is, and does not."""
    if name in value:
        return Mistake((*place, name), one_of(value[name], tags(union, name)), value[name])
    if misspelt := _misspelt(name, value, keys(union)):
        return _unknown_key((*place, misspelt), keys(union))
    return Mistake((*place, name), f"{MISSING}; it {one_of(None, tags(union, name))}")


def _misspelt(name: str | int, mapping: dict[str, Any], allowed: Collection[str]) -> str | None:
    """The key of the mapping that was meant to be the missing `name`."""
    return next((key for key in mapping if key not in allowed and name in nearest(key, allowed)), None)
