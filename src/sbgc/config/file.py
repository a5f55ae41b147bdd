"""A YAML file as a mapping, without YAML's habit of letting the second of two equal keys win in silence."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from sbgc.config.mistakes import ConfigError, Mistake, Place, line, together

TAG = "tag:yaml.org,2002:"
TAGS = {f"{TAG}{one}" for one in ("null", "bool", "int", "float", "str", "seq", "map", "merge", "value")}


def read(path: str | Path) -> dict[str, Any]:
    """The mapping that a YAML file holds.

    Raises ConfigError, with one line for each mistake: no such file, not YAML, a key that stands twice.
    """
    try:
        root = yaml.compose(Path(path).read_text(encoding="utf-8"), yaml.SafeLoader)
        if wrong := [line(mistake, path) for mistake in _mistakes(root, (), {})]:
            raise together(wrong)
        value = _converted(root)
    except FileNotFoundError:
        raise _refusal(path, "no such file") from None
    except OSError as error:
        raise _refusal(path, error.strerror) from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise _refusal(path, f"not YAML: {_problem(error)}") from None
    except RecursionError:
        raise _refusal(path, "nested too deeply; settings have some ten levels") from None
    if not isinstance(value, dict):
        raise _refusal(path, "must be a mapping of keys to values")
    return value


def _refusal(path: str | Path, rule: str | None) -> ConfigError:
    return ConfigError(line(Mistake((), rule or "cannot be read"), path))


def _converted(root: yaml.Node | None) -> Any:
    """The values of a tree of nodes; what PyYAML lets through from its conversions, as of `!!int x`, is its error."""
    try:
        return None if root is None else yaml.SafeLoader("").construct_document(root)
    except (ValueError, LookupError) as error:
        raise yaml.YAMLError(f"a value is not what its tag says: {str(error)[:200]}") from None


def _problem(error: yaml.YAMLError | UnicodeDecodeError) -> str:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark:
        return f"{error.problem} (line {error.problem_mark.line + 1}, column {error.problem_mark.column + 1})"
    return " ".join(str(error).split())


def _mistakes(node: yaml.Node | None, place: Place, left: dict[int, bool]) -> Iterator[Mistake]:
    """Keys that stand twice in one mapping, aliases of what they stand in, values of types that no setting has.

    left: whether each node that was entered was left again; one that several aliases name is looked at once.
    """
    if id(node) in left:
        if not left[id(node)]:
            yield Mistake(place, "is an alias of a part that it stands in itself")
        return
    left[id(node)] = False
    if node and node.tag not in TAGS:
        yield Mistake(place, f"YAML takes it for a {node.tag.removeprefix(TAG)}; put text into quotes")
    elif isinstance(node, yaml.ScalarNode) and any("\ud800" <= one <= "\udfff" for one in node.value):
        yield Mistake(place, "is text that no file can hold, with half of a surrogate pair")
    if isinstance(node, yaml.SequenceNode):
        for number, item in enumerate(node.value):
            yield from _mistakes(item, (*place, number), left)
    elif isinstance(node, yaml.MappingNode):
        lines: dict[str, int] = {}
        for key, value in node.value:
            name, number = str(key.value), key.start_mark.line + 1
            if name in lines:
                yield Mistake((*place, name), f"this key stands twice, on lines {lines[name]} and {number}")
            lines[name] = number
            yield from _mistakes(key, (*place, name), left)
            yield from _mistakes(value, (*place, name), left)
    left[id(node)] = True
