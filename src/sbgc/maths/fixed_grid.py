"""The fast procedure: the probability flow solved once per image on a fixed grid in log-SNR, all probes on that path.

With y = x / alpha and s = sigma / alpha the flow of every SDE is dy/ds = eps_hat. For N(0, c^2 I) data its solution is
y ~ sqrt(c^2 + s^2), so in

    w = y / sqrt(c^2 + s^2),   u = log s,   r = s / sqrt(c^2 + s^2):    dw/du = r (eps_hat - r w)

the linear part is integrated exactly (a semi-linear step, as in exponential integrators) and what is left vanishes for
such data. The nodes are uniform in v, u = center + width sinh(v): close where an image takes shape, sparse where it is
all there or all noise. A step predicts by Adams-Bashforth and corrects by Adams-Moulton, both on two earlier nodes,
with the one evaluation at the predicted point, where the divergence is taken too: one linearization a node (Hairer,
Norsett & Wanner 1993, section III.1). The divergence is integrated by the trapezoid rule with Gregory's end
corrections, of fourth order; the path is of third.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from sbgc.maths import divergence, probes
from sbgc.maths.sde import SDE, noise_ratio, prior_log_prob
from sbgc.types import Draw, Key, LogProb, Scalar

Point = Float[Array, "*shape"]
NoisePrediction = Callable[[Point, Scalar], Point]

# These three move the grid's error, not its limit.
DATA_STD = 1.0 / math.sqrt(3.0)  # c: that of the uniform density on the cube [-1, 1)^D
CENTER = -1.75  # of the grid, in log(sigma / alpha): where the divergence of a trained model varies most
WIDTH = 0.7
GREGORY = (3 / 8, 7 / 6, 23 / 24)  # of a step, the weights of the first three nodes, and of the last three


class Node(NamedTuple):
    """A grid point; scalars, or arrays [nodes].

    Time, r, the factor from w to x, du/dv, the distance in v from the node before (0 at the first), the quadrature
    weight in v.
    """

    t: Array
    r: Array
    to_x: Array
    speed: Array
    step: Array
    weight: Array


class Carry(NamedTuple):
    """The solution at a node: w, the velocities here and one node earlier, and the divergence integrated so far."""

    w: Array
    velocity: Array
    earlier: Array
    log_det: Array


def grid(sde: SDE, nodes: int) -> Node:
    """`nodes` points uniform in v from t_min to t_max, with the weights of the quadrature."""
    ends = jnp.log(noise_ratio(sde, jnp.array([sde.t_min, sde.t_max])))
    start, stop = jnp.arcsinh((ends - CENTER) / WIDTH)
    v, step = jnp.linspace(start, stop, nodes, retstep=True)
    s = jnp.exp(CENTER + WIDTH * jnp.sinh(v))
    t = jnp.clip(sde.time_of(s), sde.t_min, sde.t_max)
    scale = jnp.sqrt(DATA_STD**2 + s**2)
    steps = jnp.full(nodes, step).at[0].set(0.0)
    return Node(
        t, s / scale, sde.alpha(t) * scale, WIDTH * jnp.cosh(v), steps, step * jnp.asarray(_weights(nodes), step.dtype)
    )


def _weights(nodes: int) -> np.ndarray:
    """Gregory's, where the corrections of the two ends do not meet; the trapezoid rule's on a coarser grid."""
    ends = GREGORY if nodes >= 2 * len(GREGORY) else (0.5,)
    weights = np.ones(nodes)
    weights[: len(ends)], weights[-len(ends) :] = ends, ends[::-1]
    return weights


def at(nodes: Node, number: int | Array) -> Node:
    """One of the nodes."""
    return jax.tree.map(lambda column: column[number], nodes)


def field(eps_hat: NoisePrediction, node: Node) -> Callable[[Point], Point]:
    """The map from w to du/dv r (eps_hat - r w): the flow's velocity in v at a node."""
    return lambda w: node.speed * node.r * (eps_hat(node.to_x * w, node.t) - node.r * w)


def start(nodes: Node, z: Point) -> Carry:
    """Before the first node, at t_min, where the image stands for x(t_min)."""
    return Carry(z / nodes.to_x[0], jnp.zeros_like(z), jnp.zeros_like(z), jnp.zeros((), z.dtype))


def advance(eps_hat: NoisePrediction, node: Node, carry: Carry, drawn: probes.Probes) -> Carry:
    """From the node before to `node`; to the first one nothing moves, and its velocity is the earlier one's too."""
    predicted = carry.w + node.step * (1.5 * carry.velocity - 0.5 * carry.earlier)
    velocity, trace = divergence.value_and_divergence(field(eps_hat, node), predicted, drawn)
    w = carry.w + node.step / 12.0 * (5.0 * velocity + 8.0 * carry.velocity - carry.earlier)
    earlier = jnp.where(node.step == 0.0, velocity, carry.velocity)
    return Carry(w, velocity, earlier, carry.log_det + node.weight * trace)


def finish(sde: SDE, nodes: Node, carry: Carry) -> Scalar:
    """log p(z) in nats: the prior's density at the end of the path, the divergence, the changes of variables."""
    first, last = nodes.to_x[0], nodes.to_x[-1]
    return prior_log_prob(sde, last * carry.w) + carry.log_det + carry.w.size * jnp.log(last / first)


def probes_at(key: Key, draw: Draw, node: int | Array, family: str, num_probes: int, z: Point) -> probes.Probes:
    """The probes of one node: new ones at every node, so that their noise averages along the path."""
    return probes.draw(family, jax.random.fold_in(key, node), num_probes, z.shape, z.dtype, draw)


def log_prob(
    sde: SDE, eps_hat: NoisePrediction, z: Point, key: Key, nodes: int, num_probes: int, family: str, draw: Draw = 0
) -> LogProb:
    """log p(z) in nats with `num_probes` probes of a family at each of `nodes` nodes; exact trace where they are >= D.

    nfe counts a forward pass and a Jacobian-vector product as 1 each.
    """
    points = grid(sde, nodes)

    def body(carry: Carry, xs: tuple[Node, Array]) -> tuple[Carry, None]:
        node, number = xs
        return advance(eps_hat, node, carry, probes_at(key, draw, number, family, num_probes, z)), None

    carry, _ = jax.lax.scan(body, start(points, z), (points, jnp.arange(nodes)))
    return LogProb(finish(sde, points, carry), jnp.asarray(nodes * (1 + min(num_probes, z.size))))


def sample(sde: SDE, eps_hat: NoisePrediction, noise: Point, nodes: int) -> Point:
    """The point at t_min that the flow carries to `noise` ~ N(0, prior_std^2 I) at t_max; Heun's rule on that grid."""
    points = grid(sde, nodes)

    def body(w: Point, number: Array) -> tuple[Point, None]:
        here, there = at(points, number), at(points, number - 1)
        velocity = field(eps_hat, here)(w)
        corrected = field(eps_hat, there)(w - here.step * velocity)
        return w - 0.5 * here.step * (velocity + corrected), None

    w, _ = jax.lax.scan(body, noise / points.to_x[-1], jnp.arange(nodes - 1, 0, -1))
    return w * points.to_x[0]
