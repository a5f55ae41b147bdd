"""The fast procedure: the probability flow solved once per image on a fixed grid in log-SNR, all probes on that one trajectory.

With y = x / alpha and s = sigma / alpha the flow of every SDE is dy/ds = eps_hat. For N(0, c^2 I) data its solution is y ~ sqrt(c^2 + s^2), so in
    w = y / sqrt(c^2 + s^2),  u = log s,  r = s / sqrt(c^2 + s^2):   dw/du = r (eps_hat - r w)
the linear part is integrated exactly (a semi-linear step in the sense of exponential integrators), and what is left vanishes for such data.
A step predicts by two-step Adams-Bashforth and corrects by the trapezoid rule with the evaluation at the predicted point, which
is also where the divergence is taken: one linearization a node, second order in the grid (Hairer, Norsett & Wanner 1993, III.1).
"""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from sbgc.maths import divergence
from sbgc.maths.sde import SDE, noise_ratio, prior_log_prob
from sbgc.types import Key, LogProb, Scalar

Point = Float[Array, "*shape"]
NoisePrediction = Callable[[Point, Scalar], Point]


class Node(NamedTuple):
    """A grid point: time, r, the factor from w to x, and the quadrature weight of u; scalars, or arrays [nodes]."""

    t: Array
    r: Array
    to_x: Array
    weight: Array


class Grid(NamedTuple):
    """All nodes, and the distance in u between neighbors."""

    nodes: Node
    step: Array


def grid(sde: SDE, nodes: int, data_std: float) -> Grid:
    """`nodes` points uniform in log(sigma / alpha) from t_min to t_max, with the trapezoid rule's weights."""
    start, stop = jnp.log(noise_ratio(sde, jnp.array([sde.t_min, sde.t_max])))
    u, step = jnp.linspace(start, stop, nodes, retstep=True)
    s = jnp.exp(u)
    t = jnp.clip(sde.time_of(s), sde.t_min, sde.t_max)
    scale = jnp.sqrt(data_std**2 + s**2)
    weight = jnp.full(nodes, step).at[jnp.array([0, -1])].multiply(0.5)
    return Grid(Node(t, s / scale, sde.alpha(t) * scale, weight), step)


def field(eps_hat: NoisePrediction, node: Node) -> Callable[[Point], Point]:
    """w -> r (eps_hat - r w), the flow's velocity in u at a node."""
    return lambda w: node.r * (eps_hat(node.to_x * w, node.t) - node.r * w)


class Carry(NamedTuple):
    """The solution at a node: w, the velocities here and one node earlier, and the divergence summed so far."""

    w: Array
    velocity: Array
    earlier: Array
    log_det: Array


def start(eps_hat: NoisePrediction, node: Node, z: Point, probes: divergence.Probes) -> Carry:
    """The first node, at t_min, where the image stands for x(t_min)."""
    w = z / node.to_x
    velocity, trace = divergence.value_and_divergence(field(eps_hat, node), w, probes)
    return Carry(w, velocity, velocity, node.weight * trace)


def advance(eps_hat: NoisePrediction, node: Node, step: Scalar, carry: Carry, probes: divergence.Probes) -> Carry:
    """From the node before to `node`, `step` further in u."""
    predicted = carry.w + step * (1.5 * carry.velocity - 0.5 * carry.earlier)
    velocity, trace = divergence.value_and_divergence(field(eps_hat, node), predicted, probes)
    w = carry.w + 0.5 * step * (carry.velocity + velocity)
    return Carry(w, velocity, carry.velocity, carry.log_det + node.weight * trace)


def finish(sde: SDE, first: Node, last: Node, carry: Carry) -> Scalar:
    """log p(z) in nats: the prior's density at the end of the path, the divergence, and the two changes between w and x."""
    change = carry.w.size * (jnp.log(last.to_x) - jnp.log(first.to_x))
    return prior_log_prob(sde, last.to_x * carry.w) + carry.log_det + change


def log_prob(
    sde: SDE, eps_hat: NoisePrediction, z: Point, key: Key, nodes: int, probes: int, data_std: float
) -> LogProb:
    """log p(z) in nats with `probes` new Rademacher probes at every node; exact trace where probes >= D.

    data_std: the c of the semi-linear step, in units of z; it moves the grid error, not the limit.
    nfe counts a forward pass and its Jacobian-vector products as 1 each.
    """
    points = grid(sde, nodes, data_std)

    def probes_at(number: Scalar) -> divergence.Probes:
        return divergence.rademacher(jax.random.fold_in(key, number), probes, z.shape, z.dtype)

    def body(carry: Carry, xs: tuple[Node, Scalar]) -> tuple[Carry, None]:
        node, number = xs
        return advance(eps_hat, node, points.step, carry, probes_at(number)), None

    first, rest = (jax.tree.map(lambda column, cut=cut: column[cut], points.nodes) for cut in (0, slice(1, None)))
    carry, _ = jax.lax.scan(body, start(eps_hat, first, z, probes_at(0)), (rest, jnp.arange(1, nodes)))
    last = jax.tree.map(lambda column: column[-1], rest)
    evaluations = nodes * (1 + len(probes_at(0)))
    return LogProb(finish(sde, first, last, carry), jnp.asarray(evaluations))
