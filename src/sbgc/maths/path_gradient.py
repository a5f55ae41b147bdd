"""Gradients of log p through the fixed grid: discretize, then optimize, with a checkpoint at every node.

The loop over the nodes runs on the host, and only one step at a time is differentiated. Inside a compiled loop, XLA's
CPU backend would run the reverse mode of a convolution an order of magnitude slower. An unrolled path would take
minutes to compile.
"""

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from sbgc.maths import fixed_grid
from sbgc.maths.fixed_grid import Carry
from sbgc.maths.grids import Grid, at
from sbgc.maths.sde import SDE
from sbgc.types import Draw, Image, Key, Keys, Label, Scalar

# Measured on the digits network (benchmarks/engine.py): with three times as many pairs at once, the second derivatives
# of a pair take a third longer, because they no longer fit into a CPU's caches.
CACHED_PAIRS = 64

Images = Float[Array, "batch height width channels"]
ClassScores = Float[Array, "batch classes"]
Classes = Int[Array, "batch chosen"]
Active = Int[Array, "batch active"]  # those among the chosen that a gradient comes from
Rows = Int[Array | np.ndarray, " some"]
Node = int | Array
Model = Any  # a pytree
Bound = tuple[Model, Grid]  # whose arrays are arguments of every compiled stage
ConditionalNoise = Callable[[Model, Image, Scalar, Label], Image]
# what the reverse pass needs of the forward pass; the parameters of a model have no gradient here
Saved = tuple[Bound, list[Any], Keys, Draw, Classes]
# (model and grid, what comes in [batch, classes, ...], labels, keys [batch], draw, node) to what goes out
Stage = Callable[[Bound, Any, Classes, Keys, Draw, Node], Any]


def class_log_probs(
    sde: SDE, eps_hat: ConditionalNoise, grid: Grid, num_probes: int, family: str
) -> Callable[[Model, Images, Keys, Draw, Classes], ClassScores]:
    """The function (model, z [n, H, W, C], keys [n], draw, labels [n, m]) -> log p(z|y) [n, m] in nats of the labels y.

    Its values are those of fixed_grid.log_prob with the same keys and draw. It is differentiable in z by jax.vjp
    outside jit, and its gradient is the exact gradient of this estimate.
    """
    nodes = len(grid.nodes.t)

    def begin(both: Bound, z: Image, label: Label, key: Key, draw: Draw, node: Node) -> Carry:
        return fixed_grid.start(both[1].as_dtype(z.dtype), z)

    def step(both: Bound, carry: Carry, label: Label, key: Key, draw: Draw, node: Node) -> Carry:
        model, (points, coordinates) = both[0], both[1].as_dtype(carry.w.dtype)
        drawn = fixed_grid.probes_at(key, draw, node, family, num_probes, coordinates.mean)
        return fixed_grid.advance(lambda z, t: eps_hat(model, z, t, label), at(points, node), coordinates, carry, drawn)

    def end(both: Bound, carry: Carry, label: Label, key: Key, draw: Draw, node: Node) -> Scalar:
        return fixed_grid.finish(sde, both[1].as_dtype(carry.w.dtype), carry)

    first, middle, last = (_batched(stage) for stage in (begin, step, end))
    stages = [(first, 0), *((middle, node) for node in range(nodes)), (last, nodes)]
    chained = _chain(stages)
    return lambda model, z, keys, draw, labels: chained((model, grid), z, keys, draw, labels)


def _batched(stage: Callable) -> Stage:
    of_classes = jax.vmap(stage, in_axes=(None, 0, 0, None, None, None))
    return jax.vmap(of_classes, in_axes=(None, 0, 0, 0, None, None))


def _chain(stages: list[tuple[Stage, int]]) -> Callable[[Bound, Images, Keys, Draw, Classes], ClassScores]:
    """The composition of the stages at their nodes; its reverse pass pulls back through one stage at a time."""
    pushes = {stage: jax.jit(stage) for stage, _ in stages}
    pulls = {stage: jax.jit(partial(_pull_back, stage)) for stage, _ in stages}

    @jax.custom_vjp
    def scores(bound: Bound, z: Images, keys: Keys, draw: Draw, labels: Classes) -> ClassScores:
        return forward(bound, z, keys, draw, labels)[0]

    def forward(bound: Bound, z: Images, keys: Keys, draw: Draw, labels: Classes) -> tuple[ClassScores, Saved]:
        checkpoints: list[Any] = [jnp.repeat(z[:, None], labels.shape[1], axis=1)]
        for stage, node in stages:
            checkpoints.append(pushes[stage](bound, checkpoints[-1], labels, keys, draw, node))
        return checkpoints.pop(), (bound, checkpoints, keys, draw, labels)

    def pulled(rows: np.ndarray, saved: Saved, columns: Active, cotangent: Any) -> Any:
        bound, checkpoints, keys, draw, labels = saved
        keys, columns, cotangent = keys[rows], columns[rows], cotangent[rows]
        labels = jnp.take_along_axis(labels[rows], columns, axis=1)
        for (stage, node), checkpoint in zip(reversed(stages), reversed(checkpoints), strict=True):
            cotangent = pulls[stage](bound, checkpoint, rows, columns, labels, keys, draw, node, cotangent)
        return cotangent.sum(axis=1)

    def backward(saved: Saved, cotangent: Any) -> tuple[None, Images, None, None, None]:
        columns = _active(cotangent)
        cotangent = jnp.take_along_axis(cotangent, columns, axis=1)
        pieces = [pulled(rows, saved, columns, cotangent) for rows in _pieces(*columns.shape)]
        return None, jnp.concatenate(pieces)[: len(columns)], None, None, None

    scores.defvjp(forward, backward)
    return scores


def _pieces(images: int, classes: int) -> list[np.ndarray]:
    """Groups of image rows whose pairs fit the caches of a CPU, all of one size. The last one repeats its last row."""
    number = math.ceil(images * classes / CACHED_PAIRS) if jax.default_backend() == "cpu" else 1
    size = math.ceil(images / number)
    return [np.minimum(np.arange(start, start + size), images - 1) for start in range(0, images, size)]


def _active(cotangent: ClassScores) -> Active:
    """The columns that a gradient comes from, equally many for every image: two for a margin of any number."""
    count = max(1, int(np.count_nonzero(np.asarray(cotangent), axis=1).max()))
    return jnp.argsort(-jnp.abs(cotangent), axis=1)[:, :count]


def _pull_back(
    stage: Stage,
    bound: Bound,
    checkpoint: Any,
    rows: Rows,
    columns: Active,
    labels: Active,
    keys: Keys,
    draw: Draw,
    node: Node,
    cotangent: Any,
) -> Any:
    """The cotangent, pulled back through a stage, of some rows and columns of a checkpoint; labels: of the columns."""
    primal = jax.tree.map(lambda a: a[rows[:, None], columns], checkpoint)
    return jax.vjp(lambda primal: stage(bound, primal, labels, keys, draw, node), primal)[1](cotangent)[0]
