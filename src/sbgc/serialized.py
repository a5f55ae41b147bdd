"""Trees of arrays (parameters, train states) as msgpack, read back only where they fit.

Nothing is unpickled: msgpack holds dictionaries of arrays of numbers, and whatever else it can hold is refused.
"""

from collections.abc import Iterator
from typing import Any

import jax.numpy as jnp
import numpy as np
from flax import serialization

from sbgc.artifacts import ArtifactError, one_line

Place = tuple[str, ...]
DEEPEST = 50  # names within names; those of a train state go ten deep

# What msgpack (always a ValueError), and flax where it rebuilds arrays, raise on damaged bytes.
DAMAGE = (
    AttributeError,
    IndexError,
    KeyError,
    OverflowError,
    RecursionError,
    SyntaxError,
    TypeError,
    ValueError,
)


def restore(target: Any, content: bytes, what: str) -> Any:
    """The arrays of msgpack `content` in the structure of `target`, whose leaves need only a shape and a dtype.

    `what` names the thing wanted, such as "a train state of this model". Raises ArtifactError, in one line, when the
    content is damaged, lacks a leaf or has one more, when a leaf is of another shape or dtype, or not finite.
    """
    tree = _tree(content, what)
    found, wanted = dict(_leaves(tree)), dict(_leaves(serialization.to_state_dict(target)))
    for places, verb in ((wanted.keys() - found.keys(), "lacks"), (found.keys() - wanted.keys(), "has also")):
        if places:
            raise ArtifactError(f"not {what}: it {verb} {_spelled(min(places))}")
    for place, leaf in wanted.items():
        if fault := _misfit(found[place], leaf):
            raise ArtifactError(f"not {what}: {_spelled(place)} {fault}")
    return serialization.from_state_dict(target, tree)


def read_arrays(content: bytes, what: str) -> dict[str, Any]:
    """The nested dictionary of arrays in msgpack `content`, for models that know no shapes beforehand.

    `what` names the thing wanted. Raises ArtifactError, in one line, when the content is damaged, when it holds
    anything but names, arrays of numbers and empty dictionaries, or a number that is not finite.
    """
    tree = _tree(content, what)
    for place, leaf in _leaves(tree):
        if not isinstance(leaf, dict) and (fault := _no_numbers(leaf)):
            raise ArtifactError(f"not {what}: {_spelled(place)} {fault}")
    return tree


def _tree(content: bytes, what: str) -> dict[str, Any]:
    try:
        tree = serialization.msgpack_restore(content)
    except DAMAGE as error:
        raise ArtifactError(f"not {what}: damaged: {one_line(error)}") from error
    if not isinstance(tree, dict):
        raise ArtifactError(f"not {what}: found {type(tree).__name__}, expected names and arrays")
    if fault := next(_faults_of_names(tree), None):
        raise ArtifactError(f"not {what}: {fault}")
    return tree


def _faults_of_names(tree: dict[Any, Any], depth: int = 1) -> Iterator[str]:
    if depth > DEEPEST:
        yield f"names are nested more than {DEEPEST} deep"
        return
    for name, value in tree.items():
        if not isinstance(name, str):
            yield f"{repr(name)[:100]} is no name"
        if isinstance(value, dict):
            yield from _faults_of_names(value, depth + 1)


def _leaves(tree: dict[str, Any], place: Place = ()) -> Iterator[tuple[Place, Any]]:
    """What is no dictionary, by the names that lead to it; an empty dictionary is a leaf, too."""
    for name, value in tree.items():
        if isinstance(value, dict) and value:
            yield from _leaves(value, (*place, name))
        else:
            yield (*place, name), value


def _misfit(found: Any, wanted: Any) -> str | None:
    """What keeps one leaf from the place of another; both may be None or {}, which hold no numbers."""
    if wanted is None or isinstance(wanted, dict):
        return None if type(found) is type(wanted) else f"is {type(found).__name__}, expected nothing"
    if fault := _no_numbers(found):
        return fault
    if found.shape != wanted.shape:
        return f"has shape {found.shape}, expected {wanted.shape}"
    return None if found.dtype == wanted.dtype else f"has dtype {found.dtype}, expected {wanted.dtype}"


def _no_numbers(leaf: Any) -> str | None:
    if not isinstance(leaf, np.ndarray | np.generic):
        return f"is {type(leaf).__name__}, expected an array"
    if not (jnp.issubdtype(leaf.dtype, jnp.number) or leaf.dtype == bool):
        return f"has dtype {leaf.dtype}, expected numbers"
    return None if np.isfinite(leaf).all() else "is not finite"


def _spelled(place: Place) -> str:
    return "".join(f"[{name!r}]" for name in place)
