"""The fast procedure: the probability flow, solved once per image on a fixed grid in log-SNR, all probes on one path.

With y = x / alpha and s = sigma / alpha, the flow of every SDE is dy/ds = eps_hat. The procedure integrates it in the
coordinates w of maths/coordinates.py, where y = mu + Q (sqrt(lambda + s^2) w):

    u = log s,   r = s / sqrt(lambda + s^2):    dw/du = r (Q' eps_hat - r w)

In them the linear part of the flow is integrated exactly (a semi-linear step, as in exponential integrators). Of
Gaussian data with this covariance nothing else is left.

The nodes are uniform in v (maths/grids.py). A step predicts by Adams-Bashforth and corrects by Adams-Moulton, and both
use two earlier nodes. The network is evaluated once a step, at the predicted point, and the divergence is taken there
too. That makes one linearization per node (Hairer, Norsett & Wanner 1993, section III.1). The divergence is integrated
by the trapezoid rule with Gregory's end corrections, which is of fourth order. The path is of third order.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from sbgc.maths import divergence, probes
from sbgc.maths.coordinates import Coordinates
from sbgc.maths.grids import Grid, Node, at
from sbgc.maths.sde import SDE, prior_log_prob
from sbgc.types import Draw, Key, Label, LogProb, Scalar

Point = Float[Array, "*shape"]
NoisePrediction = Callable[[Point, Scalar], Point]
Linearize = Callable[[Callable[[Point], Any], Point, probes.Probes], tuple[Point, Point]]


class Carry(NamedTuple):
    """The solution at a node: w, the velocity here and at the previous node, and the divergence integrated so far.

    The divergence may be one number, a map of what each pixel adds to it, or one number for each class.
    """

    w: Array
    velocity: Array
    earlier: Array
    log_det: Array


def position(node: Node, coordinates: Coordinates, w: Array) -> Point:
    """x(t) [*shape] of w [D] at a node."""
    return node.alpha * coordinates.point(coordinates.scale(node.s) * w)


def modes_of(node: Node, coordinates: Coordinates, x: Point) -> Array:
    """w [D] of x(t) [*shape] at a node: the inverse of `position`."""
    return coordinates.project(x / node.alpha - coordinates.mean) / coordinates.scale(node.s)


def velocity_of(node: Node, coordinates: Coordinates, w: Array, eps: Point) -> Array:
    """dw/dv = du/dv r (Q' eps_hat - r w) [D] at a node, from eps_hat [*shape] there."""
    r = node.s / coordinates.scale(node.s)
    return node.speed * r * (coordinates.project(eps) - r * w)


def start(grid: Grid, z: Point) -> Carry:
    """The state before the first node. It is at t_min, and the image stands for x(t_min)."""
    w = modes_of(at(grid.nodes, 0), grid.coordinates, z)
    return Carry(w, jnp.zeros_like(w), jnp.zeros_like(w), jnp.zeros((), z.dtype))


def advance(
    eps_hat: Callable[[Point, Scalar], Any],  # a NoisePrediction, or what `linearize` can take in its place
    node: Node,
    coordinates: Coordinates,
    carry: Carry,
    drawn: probes.Probes,
    linearize: Linearize = divergence.value_and_divergence,
    share: float = 1.0,
) -> Carry:
    """One step, from the previous node to `node`.

    The step to the first node moves nothing, and its velocity also stands in for that of an earlier node. `linearize`
    gives the field and its divergence, or parts of that which add up to it; each gets a `share` of the linear part's.
    """
    predicted = carry.w + node.step * (1.5 * carry.velocity - 0.5 * carry.earlier)
    eps, trace = linearize(lambda x: eps_hat(x, node.t), position(node, coordinates, predicted), drawn)
    velocity = velocity_of(node, coordinates, predicted, eps)
    w = carry.w + node.step / 12.0 * (5.0 * velocity + 8.0 * carry.velocity - carry.earlier)
    earlier = jnp.where(node.step == 0.0, velocity, carry.velocity)
    return Carry(w, velocity, earlier, carry.log_det + node.weight * _rate(node, coordinates, trace, share))


def _rate(node: Node, coordinates: Coordinates, trace: Point, share: float) -> Point:
    """The divergence of dw/dv, from the trace of d eps_hat / dx, or parts of both."""
    r = node.s / coordinates.scale(node.s)
    return node.speed * (node.alpha * node.s * trace - jnp.sum(r**2) * share)


def finish(sde: SDE, grid: Grid, carry: Carry) -> Float[Array, "*classes"]:
    """log p(z) in nats: the prior's log-density at the end of the path, the divergence and the changes of variables.

    One number, or one for each class where the carry has one divergence for each.
    """
    first, last, coordinates = at(grid.nodes, 0), at(grid.nodes, -1), grid.coordinates
    grown = jnp.sum(jnp.log(coordinates.scale(last.s) / coordinates.scale(first.s)))
    changed = grown + carry.w.size * jnp.log(last.alpha / first.alpha)
    return prior_log_prob(sde, position(last, coordinates, carry.w)) + carry.log_det + changed


def probes_at(key: Key, draw: Draw, node: int | Array, family: str, num_probes: int, z: Point) -> probes.Probes:
    """The probes of one node. Every node has new ones, so that their noise averages out along the path."""
    return probes.draw(family, jax.random.fold_in(key, node), num_probes, z.shape, z.dtype, draw)


def log_prob(
    sde: SDE, eps_hat: NoisePrediction, z: Point, key: Key, grid: Grid, num_probes: int, family: str, draw: Draw = 0
) -> LogProb:
    """log p(z) in nats, with `num_probes` probes of a family at each node of a grid.

    With num_probes >= D the trace is exact. nfe counts a forward pass as 1 and a Jacobian-vector product as 1.
    """
    grid = grid.as_dtype(z.dtype)
    along = partial(_along, grid, partial(probes_at, key, draw, family=family, num_probes=num_probes, z=z))
    carry = along(eps_hat, start(grid, z), slice(None))
    return LogProb(finish(sde, grid, carry), jnp.asarray(len(grid.nodes.t) * (1 + min(num_probes, z.size))))


def class_log_probs(
    sde: SDE,
    eps_hat: Callable[[Label], NoisePrediction],
    classes: int,
    shared: int,
    z: Point,
    key: Key,
    grid: Grid,
    num_probes: int,
    family: str,
    draw: Draw = 0,
) -> LogProb:
    """log p(z|y) [classes] in nats of a flow that is that of all classes up to the node `shared`: the same values.

    That part is solved once, and its nfe is counted under the first class. The classes follow one after the other.
    """
    grid = grid.as_dtype(z.dtype)
    along = partial(_along, grid, partial(probes_at, key, draw, family=family, num_probes=num_probes, z=z))
    together = along(eps_hat(jnp.int32(0)), start(grid, z), slice(shared))

    def of_class(y: Label) -> Scalar:
        return finish(sde, grid, along(eps_hat(y), together, slice(shared, None)))

    each, nodes = 1 + min(num_probes, z.size), len(grid.nodes.t)
    nfe = jnp.full(classes, (nodes - shared) * each).at[0].add(shared * each)
    return LogProb(jax.lax.map(of_class, jnp.arange(classes)), nfe)


def _along(
    grid: Grid, probes_of: Callable[..., probes.Probes], eps_hat: NoisePrediction, carry: Carry, some: slice
) -> Carry:
    """The solution after some of the nodes. probes_of: of the node of a number."""

    def body(carry: Carry, xs: tuple[Node, Array]) -> tuple[Carry, None]:
        node, number = xs
        return advance(eps_hat, node, grid.coordinates, carry, probes_of(node=number)), None

    numbered = grid.nodes, jnp.arange(len(grid.nodes.t))
    return jax.lax.scan(body, carry, jax.tree.map(lambda column: column[some], numbered))[0]


def sample(eps_hat: NoisePrediction, noise: Point, grid: Grid) -> Point:
    """The point at t_min that the flow carries to `noise` ~ N(0, prior_std^2 I) at t_max, by Heun's rule on a grid."""
    grid = grid.as_dtype(noise.dtype)
    nodes, coordinates = grid

    def velocity(node: Node, w: Array) -> Array:
        return velocity_of(node, coordinates, w, eps_hat(position(node, coordinates, w), node.t))

    def body(w: Array, number: Array) -> tuple[Array, None]:
        here, there = at(nodes, number), at(nodes, number - 1)
        first = velocity(here, w)
        second = velocity(there, w - here.step * first)
        return w - 0.5 * here.step * (first + second), None

    w = modes_of(at(nodes, -1), coordinates, noise)
    w, _ = jax.lax.scan(body, w, jnp.arange(len(nodes.t) - 1, 0, -1))
    return position(at(nodes, 0), coordinates, w)
