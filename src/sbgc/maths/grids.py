"""The nodes of the fixed grid (maths/fixed_grid.py), and the weights of its quadrature."""

import math
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import DTypeLike
from jaxtyping import Array

from sbgc.maths.coordinates import Coordinates, Values
from sbgc.maths.sde import SDE, noise_ratio

GREGORY = (3 / 8, 7 / 6, 23 / 24)  # the weights of the first three nodes, and of the last three, in units of a step


class Placement(NamedTuple):
    """Where nodes lie: uniformly in v, where u = log(sigma / alpha) = center + width sinh(v).

    They are densest around the center. An infinite width spreads them uniformly in u.
    """

    center: float
    width: float


UNIFORM = Placement(0.0, math.inf)


class Node(NamedTuple):
    """One grid point, as scalars, or all of them, as arrays [nodes].

    The fields are the time, alpha, s = sigma / alpha, du/dv, the distance in v from the previous node (0 at the first
    node) and the quadrature weight in v.
    """

    t: Values
    alpha: Values
    s: Values
    speed: Values
    step: Values
    weight: Values


class Grid(NamedTuple):
    """All nodes, and the coordinates that the flow is solved in: data, so that all grids of a size share a program."""

    nodes: Node
    coordinates: Coordinates

    def as_dtype(self, dtype: DTypeLike) -> "Grid":
        """The same in another precision."""
        return jax.tree.map(lambda array: jnp.asarray(array, dtype), self)


def grid(sde: SDE, nodes: int, placement: Placement, coordinates: Coordinates) -> Grid:
    """A grid of `nodes` points from t_min to t_max, with the weights of the quadrature, in float64.

    In traced code the coordinates may be traced; all else is computed when the code is compiled.
    """
    with jax.ensure_compile_time_eval():  # each formula as one program: op by op they take a second to compile
        ends = jax.jit(lambda times: noise_ratio(sde, times))(jnp.array([sde.t_min, sde.t_max]))
        start, stop = np.log(np.asarray(ends, float))
        u, speed, step = _placed(start, stop, nodes, placement)
        s = np.exp(u)
        t = np.clip(np.asarray(jax.jit(sde.time_of)(jnp.asarray(s)), float), sde.t_min, sde.t_max)
        alpha = np.asarray(jax.jit(sde.alpha)(jnp.asarray(t)), float)
    steps = np.r_[0.0, np.full(nodes - 1, step)]
    return Grid(Node(t, alpha, s, speed, steps, step * quadrature_weights(nodes)), coordinates)


def positions(start: float, stop: float, nodes: int, placement: Placement) -> np.ndarray:
    """log(sigma / alpha) [nodes] at the nodes of a grid from `start` to `stop`."""
    return _placed(start, stop, nodes, placement)[0]


def quadrature_weights(nodes: int) -> np.ndarray:
    """Gregory's weights, or those of the trapezoid rule on a grid so coarse that the two ends' corrections overlap."""
    ends = GREGORY if nodes >= 2 * len(GREGORY) else (0.5,)
    weights = np.ones(nodes)
    weights[: len(ends)], weights[-len(ends) :] = ends, ends[::-1]
    return weights


def _placed(start: float, stop: float, nodes: int, placement: Placement) -> tuple[np.ndarray, np.ndarray, float]:
    """u and du/dv at the nodes, and the step in v."""
    center, width = placement
    if math.isinf(width):
        return np.linspace(start, stop, nodes), np.ones(nodes), (stop - start) / (nodes - 1)
    first, last = np.arcsinh((np.array([start, stop]) - center) / width)
    v, step = np.linspace(first, last, nodes, retstep=True)
    return center + width * np.sinh(v), width * np.cosh(v), float(step)


def at(nodes: Node, number: int | Array) -> Node:
    """One of the nodes."""
    return jax.tree.map(lambda column: column[number], nodes)
