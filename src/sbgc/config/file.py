"""config.yaml as a mapping: YAML, without its habit of letting the second of two equal keys win in silence."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from sbgc.config.mistakes import ConfigError, Mistake, Place, line


def read(path: str | Path) -> dict[str, Any]:
    """The mapping that a YAML file holds.

    Raises ConfigError, with one line for each mistake: no such file, not YAML, a key that stands twice.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
        root = yaml.compose(text, yaml.SafeLoader)
        value = yaml.safe_load(text)
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such file") from None
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(line(Mistake((), f"not YAML: {_problem(error)}"), path)) from None
    except RecursionError:
        raise ConfigError(f"{path}: nested too deeply; settings have some ten levels") from None
    if twice := [line(mistake, path) for mistake in _repeated(root, (), set())]:
        raise ConfigError("\n".join(twice))
    if not isinstance(value, dict):
        raise ConfigError(f"{path}: must be a mapping of keys to values")
    return value


def _problem(error: yaml.YAMLError | UnicodeDecodeError) -> str:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark:
        return f"{error.problem} (line {error.problem_mark.line + 1}, column {error.problem_mark.column + 1})"
    return str(error)


def _repeated(node: yaml.Node | None, place: Place, seen: set[int]) -> Iterator[Mistake]:
    """Keys that stand twice in one mapping; a node that aliases share is looked at once."""
    if id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, yaml.SequenceNode):
        for number, item in enumerate(node.value):
            yield from _repeated(item, (*place, number), seen)
    elif isinstance(node, yaml.MappingNode):
        lines: dict[str, int] = {}
        for key, value in node.value:
            name, number = str(key.value), key.start_mark.line + 1
            if name in lines:
                yield Mistake((*place, name), f"this key stands twice, on lines {lines[name]} and {number}")
            lines[name] = number
            yield from _repeated(value, (*place, name), seen)
