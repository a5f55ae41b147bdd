"""Digests of code: a rule carries one as a parameter, so that an edit reruns the results it concerns and no others.

A digest covers the canonical text (sbgc.canonical) of all `sbgc` modules that a step runs. The page
docs/adr/0022-digests.md says what is left out, and why. No version of Python, locale or operating system changes a
digest, and the standard library is enough to compute one.
"""

import ast
import functools
import hashlib
from collections.abc import Iterator
from pathlib import Path

from sbgc import canonical

PACKAGE = Path(__file__).parent

# These modules report on a computation and take no part in it. tests/test_digests.py justifies each of them.
REPORTS = (
    "sbgc.canonical",
    "sbgc.digests",
    "sbgc.procedures.training.step_cost",
    "sbgc.procedures.training.throughput",
    "sbgc.progress",
    "sbgc.provenance",
    "sbgc.steps.command",
)
# What the configuration makes of a file stands in the rules' parameters, which Snakemake compares itself. The facts of
# the known datasets stand in no parameter, so their module counts.
SETTINGS = "sbgc.config"
FACTS = "sbgc.config.datasets"


@functools.cache
def code_digest(*modules: str) -> str:
    """The first 12 hexadecimal digits of the SHA-256 of all code in the closure of the given modules.

    Raises ModuleNotFoundError for a module that is not in the package, and ImportError for a relative import.
    """
    lines = (f"{name}:{_digest(name)}\n" for name in sorted(closure(*modules)))
    return hashlib.sha256("".join(lines).encode()).hexdigest()[:12]


def closure(*modules: str) -> set[str]:
    """The given modules, the packages around them, and all that these import in turn, inside functions too.

    A package counts since Python runs its `__init__` before any module in it. What a left-out module imports does not.
    """
    found: set[str] = set()
    waiting = list(modules)
    while waiting:
        module = waiting.pop()
        if module not in found:
            found.add(module)
            waiting.extend(name for name in (*_packages(module), *_imports(module)) if not left_out(name))
    return found


def left_out(module: str) -> bool:
    """Whether a module counts in no digest of the modules that import it."""
    settings = module == SETTINGS or module.startswith(f"{SETTINGS}.")
    return module in REPORTS or (settings and module != FACTS)


def _packages(module: str) -> list[str]:
    parts = module.split(".")
    return [".".join(parts[:count]) for count in range(1, len(parts))]


@functools.cache
def _digest(module: str) -> str:
    return hashlib.sha256(canonical.text(_tree(module)).encode()).hexdigest()


@functools.cache
def _imports(module: str) -> tuple[str, ...]:
    return tuple(name for name in _named(module) if name.split(".")[0] == PACKAGE.name and _path(name))


def _named(module: str) -> Iterator[str]:
    """The names after `import`, some of which are modules."""
    for node in canonical.statements(_tree(module)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                raise ImportError(f"{module}, line {node.lineno}: a relative import; write the module's full name")
            yield str(node.module)
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@functools.cache
def _tree(module: str) -> ast.Module:
    path = _path(module)
    if path is None:
        raise ModuleNotFoundError(f"{module}: no such module in {PACKAGE}")
    return canonical.running(path.read_bytes(), str(path))  # bytes, which Python reads as UTF-8 in every locale


def _path(module: str) -> Path | None:
    base = PACKAGE.joinpath(*module.split(".")[1:])
    candidates = (base.with_suffix(".py"), base / "__init__.py")
    return next((path for path in candidates if path.is_file()), None)
