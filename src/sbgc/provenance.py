"""Which code made a result: digests of import closures, and the manifest that travels with an artefact."""

import ast
import functools
import hashlib
import importlib.metadata
import json
import platform
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).parent
DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
REPORTED = ("jax", "jaxlib", "flax", "optax", "diffrax", "numpy", "scipy", "scikit-learn")


@functools.cache
def code_digest(*modules: str) -> str:
    """12 hex digits of the sources that the given `sbgc` modules import, themselves included.

    Docstrings and comments do not count. A rule that carries it as a parameter reruns when its mathematics is edited,
    and when nothing else is. Raises ModuleNotFoundError for a module that is not in the package.
    """
    closure: set[str] = set()
    for module in modules:
        closure |= _closure(module)
    joined = "".join(f"{name}:{_stripped(name)}\n" for name in sorted(closure))
    return hashlib.sha256(joined.encode()).hexdigest()[:12]


def manifest(modules: list[str], **facts: object) -> dict[str, object]:
    """Commit, code digest, versions and device of this process, with the caller's own facts (seed, seconds, ...)."""
    loaded = sys.modules.get("jax")
    device = loaded.devices()[0].device_kind if loaded else "cpu"
    versions = {name: importlib.metadata.version(name) for name in REPORTED}
    return {
        "commit": _commit(),
        "code": code_digest(*modules),
        "python": platform.python_version(),
        "versions": versions,
        "device": device,
        "machine": platform.machine(),
        **facts,
    }


def _commit() -> str:
    command = ["git", "describe", "--always", "--dirty", "--abbrev=12"]
    try:
        ran = subprocess.run(command, cwd=PACKAGE, capture_output=True, text=True)
    except FileNotFoundError:  # no git on this machine
        return "unknown"
    return ran.stdout.strip() or "unknown"


def _closure(module: str) -> set[str]:
    seen: set[str] = set()
    waiting = [module]
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting.extend(_imports(name))
    return seen


def _path(module: str) -> Path | None:
    base = PACKAGE.joinpath(*module.split(".")[1:])
    for path in (base.with_suffix(".py"), base / "__init__.py"):
        if path.is_file():
            return path
    return None


@functools.cache
def _tree(module: str) -> ast.Module:
    path = _path(module)
    if path is None:
        raise ModuleNotFoundError(f"{module}: no such module in {PACKAGE}")
    return ast.parse(path.read_text())


@functools.cache
def _imports(module: str) -> tuple[str, ...]:
    return tuple(name for name in _named(_tree(module)) if name.split(".")[0] == "sbgc" and _path(name))


def _named(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@functools.cache
def _stripped(module: str) -> str:
    tree = ast.parse(ast.unparse(_tree(module)))
    for node in ast.walk(tree):
        if isinstance(node, DOCUMENTED) and ast.get_docstring(node, clean=False) is not None:
            node.body = node.body[1:] or [ast.Pass()]
    return ast.dump(tree)


def as_json(value: object) -> str:
    """JSON with sorted keys: equal values give equal bytes."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"))
