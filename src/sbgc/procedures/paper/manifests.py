"""How matrices were made: their manifests, as a table for readers."""

from collections.abc import Sequence
from typing import Any

from sbgc.artifacts import Matrix
from sbgc.procedures.paper.table_writer import grid

FROM_MANIFEST = ["device", "machine", "python", "commit", "code"]
HEADER = ["model", "seed", "evaluation", "likelihood", "network evaluations an image", "seconds", *FROM_MANIFEST]


def lines(evaluated: Sequence[Matrix]) -> list[str]:
    """One row per matrix, then the versions of the packages. What a manifest does not hold is "unknown"."""
    return [*grid(HEADER, [_row(matrix) for matrix in evaluated]), "", f"Packages: {_versions(evaluated)}."]


def _row(matrix: Matrix) -> list[str]:
    made = _manifests(matrix)
    seconds = [entry["seconds"] for entry in made if "seconds" in entry]
    likelihood = matrix.meta.get("likelihood") or {}
    return [
        *(str(matrix.meta[name]) for name in ("model", "seed", "evaluation")),
        ", ".join(f"{name} {value}" for name, value in likelihood.items()) or "n/a",
        f"{matrix.nfe.sum(axis=(1, 2)).mean():.0f}",
        f"{sum(seconds):.1f}" if seconds else "unknown",
        *(_distinct(str(entry[name]) for entry in made if name in entry) for name in FROM_MANIFEST),
    ]


def _manifests(matrix: Matrix) -> list[dict[str, Any]]:
    """The manifest of the matrix, or one for each shard that it was put together from."""
    found = matrix.meta.get("manifest") or []
    return [found] if isinstance(found, dict) else list(found)


def _versions(evaluated: Sequence[Matrix]) -> str:
    entries = [entry.get("versions", {}) for matrix in evaluated for entry in _manifests(matrix)]
    return _distinct(sorted(f"{name} {version}" for versions in entries for name, version in versions.items()))


def _distinct(values: Any) -> str:
    return ", ".join(dict.fromkeys(values)) or "unknown"
