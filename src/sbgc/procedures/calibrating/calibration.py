"""Fit a grid to a model: where its nodes belong, how many of them meet a wanted error, and what error they leave.

Everything is measured on validation images, each under its own class and the strongest other one, against a fine grid.
Nodes are placed on one half of the images. The errors are those on the other half.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.optimize import minimize

from sbgc import units
from sbgc.artifacts import Calibration, Split
from sbgc.config.spec import Calibrating
from sbgc.maths.coordinates import Coordinates
from sbgc.maths.grids import UNIFORM, Placement
from sbgc.procedures.calibrating.gap_noise import gap_noise
from sbgc.procedures.calibrating.solver import Pairs, Solver
from sbgc.progress import progress_bar

LADDER = (3, 4, 6, 8, 10, 12, 14, 16, 18, 21, 24, 27, 30, 36, 45, 60, 90)  # numbers of nodes that are tried
TRIES = 12  # placements that are tried
BEYOND = 2  # further numbers of nodes whose error is measured, after the first that meets the wanted one
TINY = float(np.finfo(float).tiny)
SCREENING = 8  # nodes, uniform in log(sigma / alpha), which are enough to find the strongest other class


def calibrate(solver: Solver, split: Split, wanted: Calibrating) -> Calibration:
    """The calibration of a solver's model, on a dequantized split of one draw.

    The number of nodes is the first of LADDER that meets the wanted error; the largest that was tried where none does.
    """
    with progress_bar(5 + TRIES, "calibrate the grid", "stage") as bar:
        pairs = _with_rivals(solver, split)
        bar.update()
        noise = gap_noise(solver.model, pairs, solver.seed, solver.batch_size)
        bar.update()
        fine, rates = solver.solve(pairs, wanted.fine, UNIFORM)
        bar.update(2)
        fitted, held = (np.flatnonzero(np.arange(len(fine)) // 2 % 2 == part) for part in (0, 1))
        u = np.log(solver.grid(wanted.fine, UNIFORM).nodes.s)
        begin = _begin(u, rates)
        placement = _placed(solver, pairs.take(fitted), fine[fitted], begin, wanted, bar.update)
        rows = _climb(solver, pairs.take(held), fine[held], placement, wanted, BEYOND)
        half = solver.values(pairs.take(held), wanted.fine // 2, UNIFORM) - fine[held]
        bar.update(bar.total - bar.n)
    enough = [row["nodes"] for row in rows if row["rms_bits_per_dim"] <= wanted.error]
    facts = {
        "images": len(split),
        "held_out_images": len(held) // 2,
        "probes": solver.num_probes,
        "fine": wanted.fine,
        "wanted_bits_per_dim": wanted.error,
        "half_of_the_fine_grid": _error(half, solver, wanted.fine // 2),
        "met": bool(enough),
    }
    return Calibration(
        **_arrays(solver.coordinates),
        placement=np.array(placement, float),
        nodes=enough[0] if enough else rows[-1]["nodes"],
        u=u,
        integrand=rates.mean(axis=0),
        gap_noise=noise,
        errors=rows,
        meta=facts,
    )


def _arrays(coordinates: Coordinates) -> dict[str, np.ndarray]:
    """Mean, variances and basis as an artefact holds them."""
    basis = np.zeros((0, 0)) if coordinates.basis is None else coordinates.basis
    arrays = {"mean": coordinates.mean, "variances": coordinates.variances, "basis": basis}
    return {name: np.asarray(values, float) for name, values in arrays.items()}


def _climb(
    solver: Solver, pairs: Pairs, fine: np.ndarray, placement: Placement, wanted: Calibrating, beyond: int
) -> list[dict[str, Any]]:
    """The errors of growing numbers of nodes, up to `beyond` after the first that meets the wanted one.

    More than half of the fine grid's nodes are not tried, for it could not judge them.
    """
    rows: list[dict[str, Any]] = []
    for nodes in (nodes for nodes in LADDER if 2 * nodes <= wanted.fine):
        rows.append(_error(solver.values(pairs, nodes, placement) - fine, solver, nodes))
        enough = [row["rms_bits_per_dim"] <= wanted.error for row in rows]
        if any(enough) and len(rows) - enough.index(True) > beyond:
            break
    return rows


def _with_rivals(solver: Solver, split: Split) -> Pairs:
    """Each image under its own class and under the strongest other one, next to each other."""
    count, classes = len(split), solver.model.num_classes
    z = (2.0 * split.images[:, 0] / solver.model.levels - 1.0).astype(np.float32)
    every = Pairs(np.repeat(z, classes, axis=0), np.tile(np.arange(classes), count), np.repeat(split.index, classes))
    scores = solver.values(every, SCREENING, UNIFORM).reshape(count, classes)
    scores[np.arange(count), split.labels] = -np.inf
    both = np.column_stack([split.labels, scores.argmax(axis=1)]).ravel()
    return Pairs(np.repeat(z, 2, axis=0), both, np.repeat(split.index, 2))


def _begin(u: np.ndarray, rates: np.ndarray) -> Placement:
    """Where the divergence has its mass in log(sigma / alpha): its mean and standard deviation."""
    mass = np.abs(rates).mean(axis=0)
    mean = float(mass @ u / mass.sum())
    return Placement(mean, math.sqrt(mass @ (u - mean) ** 2 / mass.sum()))


def _placed(
    solver: Solver,
    pairs: Pairs,
    fine: np.ndarray,
    begin: Placement,
    wanted: Calibrating,
    told: Callable[[], object],
) -> Placement:
    """The placement with the smallest mean squared error near `begin`, by the simplex method of Nelder & Mead 1965.

    It is sought at the next smaller number of LADDER than `begin` needs for the wanted error.
    """
    nodes = LADDER[max(len(_climb(solver, pairs, fine, begin, wanted, 0)) - 2, 0)]

    def loss(at: np.ndarray) -> float:
        told()
        values = solver.values(pairs, nodes, Placement(float(at[0]), math.exp(at[1])))
        return float(np.mean((values - fine) ** 2))

    start = np.array([begin.center, math.log(begin.width)])
    simplex = start + np.array([[0.0, 0.0], [0.5, 0.0], [0.0, -0.5]])
    found = minimize(loss, start, method="Nelder-Mead", options={"maxfev": TRIES, "initial_simplex": simplex})
    return Placement(round(float(found.x[0]), 2), round(math.exp(found.x[1]), 2))  # finer differences are noise


def _error(difference: np.ndarray, solver: Solver, nodes: int) -> dict[str, Any]:
    """Bias and root mean square of log p in bits/dim, and of the gaps of neighboring pairs in nats.

    The standard errors of the first two are those over images, whose two pairs err alike; None for a single image.
    """
    bits = units.bits_per_dim(difference, solver.coordinates.variances.size)
    gaps, of_images, rms = difference[0::2] - difference[1::2], bits.reshape(-1, 2), float(np.sqrt(np.mean(bits**2)))
    several = len(of_images) > 1
    return {
        "nodes": nodes,
        "bias_bits_per_dim": float(bits.mean()),
        "bias_standard_error": _standard_error(of_images) if several else None,
        "rms_bits_per_dim": rms,
        "rms_standard_error": _standard_error(of_images**2) / max(2.0 * rms, TINY) if several else None,
        "gap_bias_nats": float(gaps.mean()),
        "gap_rms_nats": float(np.sqrt(np.mean(gaps**2))),
    }


def _standard_error(of_images: np.ndarray) -> float:
    """Of the mean of the images' means, from values [images, pairs]."""
    return float(of_images.mean(axis=1).std(ddof=1) / math.sqrt(len(of_images)))
