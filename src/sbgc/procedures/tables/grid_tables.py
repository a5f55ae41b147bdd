"""Tidy tables of calibrated grids: the divergence along the path, the nodes on it, and the errors they leave."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from sbgc import artifacts
from sbgc.artifacts import ArtifactError, Calibration
from sbgc.maths.grids import Placement, positions
from sbgc.procedures.tables.matrices import IDENTITY

ERRORS = (
    "nodes",
    "bias_bits_per_dim",
    "bias_standard_error",
    "rms_bits_per_dim",
    "rms_standard_error",
    "gap_bias_nats",
    "gap_rms_nats",
)


def tables(paths: Sequence[Path], nodes: Mapping[str, int | str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The tables `grid_integrand` and `grid_errors` of some calibrations.

    nodes: how many each model takes, or "auto". Raises ArtifactError for a calibration that lacks a fact.
    """
    found = [(path, artifacts.read_calibration(path)) for path in sorted(paths)]
    integrands, errors = [], []
    for path, one in found:
        identity = _identity(path, one)
        chosen = nodes[identity["model"]]
        taken = one.nodes if isinstance(chosen, str) else chosen
        integrands.append(_with(identity, _integrand(one, taken)))
        errors.append(_with(identity, _errors(one, taken)))
    return pd.concat(integrands, ignore_index=True), pd.concat(errors, ignore_index=True)


def _integrand(one: Calibration, taken: int) -> pd.DataFrame:
    """The mean divergence in nats a unit of log(sigma / alpha), on the fine grid and, marked, at the nodes."""
    nodes = positions(one.u[0], one.u[-1], taken, Placement(*one.placement))
    u = np.concatenate([one.u, nodes])
    values = np.concatenate([one.integrand, np.interp(nodes, one.u, one.integrand)])
    columns = {"log_noise_ratio": u, "divergence_nats": values, "is_node": np.arange(len(u)) >= len(one.u)}
    return pd.DataFrame(columns | {"num_images": one.meta["images"]})


def _errors(one: Calibration, taken: int) -> pd.DataFrame:
    rows = pd.DataFrame([{name: row[name] for name in ERRORS} for row in one.errors]).astype({"nodes": int})
    measured = one.error(taken) or {"nodes": 0}
    facts = {"wanted_bits_per_dim": one.meta["wanted_bits_per_dim"], "num_images": one.meta["held_out_images"]}
    facts |= {"taken": taken, "fine": one.meta["fine"]}
    return rows.astype({name: float for name in ERRORS[1:]}).assign(stated=rows["nodes"] == measured["nodes"], **facts)


def _identity(path: Path, one: Calibration) -> dict[str, Any]:
    missing = [name for name in IDENTITY if name not in one.meta]
    if missing := [*missing, *(name for name in ERRORS if not all(name in row for row in one.errors))]:
        raise ArtifactError(f"{path}: lacks {', '.join(missing)}")
    return {name: one.meta[name] for name in IDENTITY}


def _with(identity: dict[str, Any], rows: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([pd.DataFrame([identity] * len(rows)), rows], axis=1)
