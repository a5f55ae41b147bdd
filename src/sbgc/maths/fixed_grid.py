"""The fast procedure: the probability flow, solved once per image on a fixed grid in log-SNR, all probes on one path.

With y = x / alpha and s = sigma / alpha, the flow of every SDE is dy/ds = eps_hat. For N(0, c^2 I) data its solution is
proportional to sqrt(c^2 + s^2). The procedure therefore integrates

    w = y / sqrt(c^2 + s^2),   u = log s,   r = s / sqrt(c^2 + s^2):    dw/du = r (eps_hat - r w)

In these variables the linear part is integrated exactly (a semi-linear step, as in exponential integrators). For such
Gaussian data nothing else is left.

The nodes are uniform in v, where u = center + width sinh(v). They are dense where an image takes shape, and sparse
where it is complete or pure noise. A step predicts by Adams-Bashforth and corrects by Adams-Moulton, and both use two
earlier nodes. The network is evaluated once a step, at the predicted point, and the divergence is taken there too. That
makes one linearization per node (Hairer, Norsett & Wanner 1993, section III.1). The divergence is integrated by the
trapezoid rule with Gregory's end corrections, which is of fourth order. The path is of third order.
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

# These three constants change the grid's error, but not the limit that it converges to.
DATA_STD = 1.0 / math.sqrt(3.0)  # c: the standard deviation of the uniform density on the cube [-1, 1)^D
CENTER = -1.75  # of the grid, in log(sigma / alpha): where the divergence of a trained model varies most
WIDTH = 0.7
GREGORY = (3 / 8, 7 / 6, 23 / 24)  # the weights of the first three nodes, and of the last three, in units of a step


class Node(NamedTuple):
    """One grid point, as scalars, or all of them, as arrays [nodes].

    The fields are the time, r, the factor from w to x, du/dv, the distance in v from the previous node (0 at the first
    node) and the quadrature weight in v.
    """

    t: Array
    r: Array
    to_x: Array
    speed: Array
    step: Array
    weight: Array


class Carry(NamedTuple):
    """The solution at a node: w, the velocity here and at the previous node, and the divergence integrated so far."""

    w: Array
    velocity: Array
    earlier: Array
    log_det: Array


def grid(sde: SDE, nodes: int) -> Node:
    """A grid of `nodes` points, uniform in v, from t_min to t_max, with the weights of the quadrature."""
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
    """Gregory's weights, or those of the trapezoid rule on a grid so coarse that the two ends' corrections overlap."""
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
    """The state before the first node. It is at t_min, and the image stands for x(t_min)."""
    return Carry(z / nodes.to_x[0], jnp.zeros_like(z), jnp.zeros_like(z), jnp.zeros((), z.dtype))


def advance(eps_hat: NoisePrediction, node: Node, carry: Carry, drawn: probes.Probes) -> Carry:
    """One step, from the previous node to `node`.

    The step to the first node moves nothing, and its velocity also stands in for that of an earlier node.
    """
    predicted = carry.w + node.step * (1.5 * carry.velocity - 0.5 * carry.earlier)
    velocity, trace = divergence.value_and_divergence(field(eps_hat, node), predicted, drawn)
    w = carry.w + node.step / 12.0 * (5.0 * velocity + 8.0 * carry.velocity - carry.earlier)
    earlier = jnp.where(node.step == 0.0, velocity, carry.velocity)
    return Carry(w, velocity, earlier, carry.log_det + node.weight * trace)


def finish(sde: SDE, nodes: Node, carry: Carry) -> Scalar:
    """log p(z) in nats: the prior's log-density at the end of the path, the divergence and the changes of variables."""
    first, last = nodes.to_x[0], nodes.to_x[-1]
    return prior_log_prob(sde, last * carry.w) + carry.log_det + carry.w.size * jnp.log(last / first)


def probes_at(key: Key, draw: Draw, node: int | Array, family: str, num_probes: int, z: Point) -> probes.Probes:
    """The probes of one node. Every node has new ones, so that their noise averages out along the path."""
    return probes.draw(family, jax.random.fold_in(key, node), num_probes, z.shape, z.dtype, draw)


def log_prob(
    sde: SDE, eps_hat: NoisePrediction, z: Point, key: Key, nodes: int, num_probes: int, family: str, draw: Draw = 0
) -> LogProb:
    """log p(z) in nats, with `num_probes` probes of a family at each of `nodes` nodes.

    With num_probes >= D the trace is exact. nfe counts a forward pass as 1 and a Jacobian-vector product as 1.
    """
    points = grid(sde, nodes)

    def body(carry: Carry, xs: tuple[Node, Array]) -> tuple[Carry, None]:
        node, number = xs
        return advance(eps_hat, node, carry, probes_at(key, draw, number, family, num_probes, z)), None

    carry, _ = jax.lax.scan(body, start(points, z), (points, jnp.arange(nodes)))
    return LogProb(finish(sde, points, carry), jnp.asarray(nodes * (1 + min(num_probes, z.size))))


def sample(sde: SDE, eps_hat: NoisePrediction, noise: Point, nodes: int) -> Point:
    """The point at t_min that the flow carries to `noise` ~ N(0, prior_std^2 I) at t_max, by Heun's rule on a grid."""
    points = grid(sde, nodes)

    def body(w: Point, number: Array) -> tuple[Point, None]:
        here, there = at(points, number), at(points, number - 1)
        velocity = field(eps_hat, here)(w)
        corrected = field(eps_hat, there)(w - here.step * velocity)
        return w - 0.5 * here.step * (velocity + corrected), None

    w, _ = jax.lax.scan(body, noise / points.to_x[-1], jnp.arange(nodes - 1, 0, -1))
    return w * points.to_x[0]
