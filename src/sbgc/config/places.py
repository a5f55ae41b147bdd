"""Where in config.yaml an error of pydantic is: its `loc` without the tags of unions, and the types met on the way."""

from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

from sbgc.config.mistakes import Place


def walk(root: type[BaseModel], loc: Place) -> tuple[Place, list[Any]]:
    """The place of `loc`, and the type at each of its steps, root first: one more than the place has parts.

    pydantic puts the tag of the chosen model after the key of a union: (..., "sde", "vp", "beta_min").
    """
    place: list[str | int] = []
    types: list[Any] = [root]
    for part in loc:
        tagged = [
            model for model in models(types[-1]) if any(part in _values(model, key) for key in model.model_fields)
        ]
        if tagged and len(models(types[-1])) > 1:
            types[-1] = tagged[0]
        else:
            place.append(part)
            types.append(_inside(types[-1], part))
    return tuple(place), types


def models(hint: Any) -> list[type[BaseModel]]:
    """The models that a type allows: one; several for a union; none for a plain value."""
    bare = _bare(hint)
    options = get_args(bare) if get_origin(bare) in (Union, UnionType) else (bare,)
    return [option for option in options if isinstance(option, type) and issubclass(option, BaseModel)]


def keys(hint: Any) -> list[str]:
    """The keys that the models of a type have, each once."""
    return list(dict.fromkeys(key for model in models(hint) for key in model.model_fields))


def tags(union: Any, name: str) -> list[str]:
    """The values of the key `name`, which tells the models of a union apart."""
    return [tag for model in models(union) for tag in _values(model, name)]


def _values(model: type[BaseModel], key: str) -> tuple[Any, ...]:
    hint = model.model_fields[key].annotation
    return get_args(hint) if get_origin(hint) is Literal else ()


def _inside(hint: Any, part: str | int) -> Any:
    """The type of what stands at `part` in a mapping, a list or a model; None where nothing may."""
    if models(hint):
        return next((model.model_fields[part].annotation for model in models(hint) if part in model.model_fields), None)
    arguments = get_args(_bare(hint)) or (None,)
    return arguments[1 if get_origin(_bare(hint)) is dict else 0]


def _bare(hint: Any) -> Any:
    return get_args(hint)[0] if get_origin(hint) is Annotated else hint
