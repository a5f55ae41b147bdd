"""The calibration of a model's grid as an artefact: coordinates, the placement of nodes, and what errors they leave."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sbgc.artifacts import npz
from sbgc.artifacts.errors import ArtifactError, reading

ARRAYS = ("mean", "variances", "basis", "placement", "u", "integrand", "gap_noise")


@dataclass(frozen=True)
class Calibration:
    """How a model's flow is solved on a fixed grid (maths/coordinates.py, maths/grids.py).

    mean: float64 [H, W, C]. variances: [D]. basis: [D, D], or [0, 0] where the pixels are the axes. placement: [2], the
    center and the width of the nodes. nodes: how many meet the wanted error. u, integrand: log(sigma / alpha) [fine],
    and there the mean over images of the divergence in it, in nats. gap_noise: [cells], the standard deviation in nats
    of what a noise level adds to a class gap of the bound (procedures/calibrating/gap_noise.py). errors: for each
    number of nodes that was tried, `nodes`, `bias_bits_per_dim`, `rms_bits_per_dim`, `gap_bias_nats`, `gap_rms_nats`,
    and the standard errors of the first two (bits/dim), `bias_standard_error` and `rms_standard_error`, None where one
    image was left. meta: facts.
    """

    mean: np.ndarray
    variances: np.ndarray
    basis: np.ndarray
    placement: np.ndarray
    nodes: int
    u: np.ndarray
    integrand: np.ndarray
    gap_noise: np.ndarray
    errors: list[dict[str, Any]]
    meta: dict[str, Any]

    def error(self, nodes: int | None) -> dict[str, Any] | None:
        """The error that was measured for this number of nodes, or for the next smaller one that was tried.

        None where fewer were never tried, and of a likelihood without nodes.
        """
        if nodes is None:
            return None
        tried = [row for row in self.errors if row["nodes"] <= nodes]
        return max(tried, key=lambda row: row["nodes"]) if tried else None


def write_calibration(path: str | Path, calibration: Calibration) -> None:
    """Write a calibration; equal ones give equal bytes."""
    arrays = {name: getattr(calibration, name) for name in ARRAYS}
    meta = calibration.meta | {"nodes": calibration.nodes, "errors": calibration.errors}
    npz.write(path, "calibration", npz.Content(arrays, {}, meta))


def read_calibration(path: str | Path) -> Calibration:
    """Read a calibration. Raises ArtifactError when the file is not one, or contradicts itself."""
    with reading(path) as file:
        arrays, _, meta = npz.read(file, "calibration", ARRAYS)
        dim = arrays["mean"].size
        expected = {"variances": (dim,), "placement": (2,), "basis": (dim, dim) if arrays["basis"].size else (0, 0)}
        for name, shape in expected.items():
            if arrays[name].shape != shape:
                raise ArtifactError(f"{name} has shape {list(arrays[name].shape)}, expected {list(shape)}")
        for name, values in arrays.items():
            if values.dtype != np.float64 or not np.isfinite(values).all():
                raise ArtifactError(f"{name} is {values.dtype} or not finite, expected finite float64")
        if arrays["variances"].min() <= 0 or arrays["placement"][1] <= 0:
            raise ArtifactError("variances and the width of the placement must be greater than 0")
        if arrays["gap_noise"].min() < 0:
            raise ArtifactError("gap_noise must be at least 0")
        if not isinstance(meta.get("nodes"), int) or not isinstance(meta.get("errors"), list):
            raise ArtifactError("its header lacks nodes or errors")
    return Calibration(**arrays, nodes=meta.pop("nodes"), errors=meta.pop("errors"), meta=meta)


def calibration_of(given: str) -> Calibration | None:
    """The calibration that a step is given; None of the word `none`, for a likelihood that takes no grid."""
    return None if given == "none" else read_calibration(given)
