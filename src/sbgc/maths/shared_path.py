"""log p(x|y) of all classes along one path, that of the mean of their fields.

With y = x / alpha, s = sigma / alpha and u = log s, class k has the flow dy/ds = e_k and, where its score is exact, the
density p_s(y|k) with the score -e_k / s. Along any curve dy/ds = m the continuity equation gives

    d log p_s(y|k) / du = -s div e_k - <m - e_k, e_k>

(docs/theory.md). For m = e_k this is the flow itself. The output of a network is no exact score, and the second term
then makes the result differ from log p of the flow. By how much is measured (docs/adr/0028-class-gaps.md), where this
buys nothing. It serves that comparison alone.
"""

from collections.abc import Callable
from functools import partial

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from sbgc.maths import fixed_grid
from sbgc.maths.divergence import value_and_divergence
from sbgc.maths.fixed_grid import Carry, probes_at
from sbgc.maths.grids import Grid, Node
from sbgc.maths.probes import Probes
from sbgc.maths.sde import SDE
from sbgc.types import Draw, Key, Label, LogProb, Scalar

Point = Float[Array, "*shape"]
NoisePredictions = Callable[[Point, Scalar, Label], Point]
OfClass = Callable[[Label], Point]


def class_log_probs(
    sde: SDE,
    eps_hat: NoisePredictions,
    classes: Int[Array, " classes"],
    z: Point,
    key: Key,
    grid: Grid,
    num_probes: int,
    family: str,
    draw: Draw = 0,
) -> LogProb:
    """log p(z|y) [classes] in nats, with `num_probes` probes of a family at each node, which all classes share.

    With num_probes >= D the trace is exact. nfe [classes] counts a forward pass as 1 and a Jacobian-vector product as
    1.
    """
    grid = grid.as_dtype(z.dtype)
    nodes = len(grid.nodes.t)

    def body(carry: Carry, xs: tuple[Node, Array]) -> tuple[Carry, None]:
        node, number = xs
        drawn = probes_at(key, draw, number, family, num_probes, z)
        linearize = partial(_mean_and_divergences, classes, node)
        return fixed_grid.advance(_of_any_class(eps_hat), node, grid.coordinates, carry, drawn, linearize), None

    start = fixed_grid.start(grid, z)._replace(log_det=jnp.zeros(classes.shape, z.dtype))
    carry, _ = jax.lax.scan(body, start, (grid.nodes, jnp.arange(nodes)))
    nfe = jnp.full(classes.shape, nodes * (1 + min(num_probes, z.size)))
    return LogProb(fixed_grid.finish(sde, grid, carry), nfe)


def _of_any_class(eps_hat: NoisePredictions) -> Callable[[Point, Scalar], OfClass]:
    return lambda x, t: partial(eps_hat, x, t)


def _mean_and_divergences(
    classes: Int[Array, " classes"], node: Node, field: Callable[[Point], OfClass], x: Point, drawn: Probes
) -> tuple[Point, Float[Array, " classes"]]:
    """The mean of the classes' fields, and the divergence of each with what the curve's own direction adds to it."""
    fields, traces = jax.vmap(lambda y: value_and_divergence(lambda x: field(x)(y), x, drawn))(classes)
    mean = jnp.mean(fields, axis=0)
    across = jax.vmap(lambda eps: jnp.sum((mean - eps) * eps))(fields)
    return mean, traces + across / (node.alpha * node.s)
