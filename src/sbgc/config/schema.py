"""The JSON schema of the configuration's files, by which editors complete and check them.

A file holds a part of the configuration, so the schema asks for no key: an experiment may take it over from another.
"""

from typing import Any

from sbgc.config import sweeps
from sbgc.config.extends import KEY
from sbgc.config.loading import Config
from sbgc.config.sweeps import Sweep

# Of which an experiment takes one away with null.
REMOVABLE = (("Experiment", "models"), ("Experiment", "evaluations"), ("Attacks", "methods"))


def json_schema() -> dict[str, Any]:
    """The schema of Config, adapted to files that hold parts of it and that extend each other."""
    schema = _of_parts(Config.model_json_schema())
    extends = {"type": "string", "description": "The experiment or model that this one takes over and changes."}
    sweep = Sweep.model_json_schema()
    for name, part in schema["$defs"].items():
        if name == "Experiment" or "kind" in part.get("properties", {}):
            part["properties"] = {KEY: extends, **part["properties"]}
        if "kind" in part.get("properties", {}):
            part["properties"] = {sweeps.KEY: _of_parts(sweep), **part["properties"]}
    for settings, section in REMOVABLE:
        named = schema["$defs"][settings]["properties"][section]["patternProperties"]
        named.update({pattern: _or_null(one) for pattern, one in named.items()})
    bounds = schema["$defs"]["Attacks"]["properties"]["epsilons"]
    bounds["additionalProperties"] = _or_null(bounds["additionalProperties"])
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [schema, {"type": "null"}]}


def _of_parts(schema: Any) -> Any:
    """No key is required, a part of a union may fit several of its members, and names must match their pattern."""
    if isinstance(schema, list):
        return [_of_parts(value) for value in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {key: _of_parts(value) for key, value in schema.items() if key not in ("required", "discriminator")}
    if "oneOf" in kept:
        kept["anyOf"] = kept.pop("oneOf")
    return {**kept, "additionalProperties": False} if "patternProperties" in kept else kept
