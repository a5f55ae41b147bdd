"""How matrices were made: their manifests, as a table for readers."""

from collections.abc import Sequence
from typing import Any

from sbgc.artifacts import Matrix
from sbgc.procedures.paper.table_writer import grid
from sbgc.procedures.tables import matrices

FROM_MANIFEST = ["device", "machine", "python", "commit", "code"]
HEADER = ["model", "seed", "evaluation", "likelihood", "model evaluations per image", "seconds", *FROM_MANIFEST]


def lines(evaluated: Sequence[Matrix]) -> list[str]:
    """One row per matrix, then the versions of the packages. What a manifest does not hold is "unknown".

    Under "likelihood" stands the procedure that estimated log p(x|y) with its settings, or "none needed" where it takes
    none, or "n/a" for a classifier.
    """
    return [*grid(HEADER, [_row(matrix) for matrix in evaluated]), "", f"Packages: {_versions(evaluated)}."]


def _row(matrix: Matrix) -> list[str]:
    made = _manifests(matrix)
    seconds = [entry["seconds"] for entry in made if "seconds" in entry]
    return [
        *(str(matrix.meta[name]) for name in ("model", "seed", "evaluation")),
        _likelihood(matrix),
        f"{_evaluations(matrix):.0f}",
        f"{sum(seconds):.1f}" if seconds else "unknown",
        *(_distinct(str(entry[name]) for entry in made if name in entry) for name in FROM_MANIFEST),
    ]


def _likelihood(matrix: Matrix) -> str:
    if not matrices.is_density(matrix):
        return "n/a"
    settings = [f"{name} {value}" for name, value in (matrix.meta["likelihood"] or {}).items()]
    if left := matrix.meta.get("grid"):
        errors = f"bias {left['bias_bits_per_dim']:+.4f}, rms {left['rms_bits_per_dim']:.4f} bits/dim"
        settings.append(f"error of the grid: {errors}; rms of a class gap {left['gap_rms_nats']:.2f} nats")
    return ", ".join(settings) or "none needed"


def _evaluations(matrix: Matrix) -> float:
    """Evaluations of the model per image. A classifier gets the logits of all classes from one."""
    nfe = matrix.nfe if matrices.is_density(matrix) else matrix.nfe[:, :1]
    return float(nfe.sum(axis=(1, 2)).mean())


def _manifests(matrix: Matrix) -> list[dict[str, Any]]:
    """The manifest of the matrix, or one for each shard that it was put together from."""
    found = matrix.meta.get("manifest") or []
    return [found] if isinstance(found, dict) else list(found)


def _versions(evaluated: Sequence[Matrix]) -> str:
    entries = [entry.get("versions", {}) for matrix in evaluated for entry in _manifests(matrix)]
    return _distinct(sorted(f"{name} {version}" for versions in entries for name, version in versions.items()))


def _distinct(values: Any) -> str:
    return ", ".join(dict.fromkeys(values)) or "unknown"
