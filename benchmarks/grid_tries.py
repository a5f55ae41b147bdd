"""What could need fewer nodes at the same error: paths of other orders, extrapolation, other quadratures.

    snakemake --cores all && python benchmarks/grid_tries.py --results results/digits --probes 64 --nodes 14 16 18 24 36
    python benchmarks/grid_tries.py --results results/cifar10_small --probes 1 --nodes 18 24 30 45

Test images under their own class, at the calibrated placement, with the same probes at all nodes, against FINE nodes.
The path is solved by Adams-Bashforth and Adams-Moulton steps with 1 to 4 earlier nodes; the project's own takes two.
The quadratures integrate the exact integrand, a cubic spline through that of the fine path, so that they show their own
error alone. All errors are bias and root mean square in bits/dim.
"""

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from runs import Run, as_a_step
from scipy.interpolate import CubicSpline

from sbgc import artifacts, provenance, units
from sbgc.progress import progress_bar

FINE = 240
EARLIER = (1, 2, 3, 4)
RULES = ("Gregory", "trapezoid", "Gauss-Legendre", "Clenshaw-Curtis")


class Solved(NamedTuple):
    """v [nodes] and the divergence's integrand in v [nodes, images]; the rest of log p [images], in nats."""

    v: np.ndarray
    integrand: np.ndarray
    rest: np.ndarray

    def value(self) -> np.ndarray:
        """log p [images] with Gregory's weights."""
        _, weights = rule("Gregory", len(self.v), self.v[0], self.v[-1])
        return weights @ self.integrand + self.rest


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--results", type=Path, required=True)
    parser.add_argument("--images", type=int, default=12)
    parser.add_argument("--probes", type=int, default=1, help="of each image; as many as dimensions are exact")
    parser.add_argument("--nodes", type=int, nargs="+", default=[18, 24, 30, 45])
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    as_a_step()
    run = Run(args.results)
    solve, dim = solver(run, args)
    rows = tried(solve, args.nodes, dim)
    result = {"experiment": run.name, "split": "test", "images": args.images, "probes": args.probes, "against": FINE}
    result |= {"placement": list(run.model(None).placement), "tried": rows}
    print(json.dumps(result, indent=2))
    if args.out:
        manifest = provenance.manifest(["sbgc.maths.fixed_grid", "sbgc.models.score"])
        artifacts.write_json(args.out, result | {"manifest": manifest})


def tried(solve: Callable[[int, int], Solved], numbers: list[int], dim: int) -> dict[str, dict[int, list[float]]]:
    """The errors of everything that is tried, by the number of nodes."""
    fine = solve(FINE, 2)
    exact, spline = fine.value(), CubicSpline(fine.v, fine.integrand)
    ends = fine.v[0], fine.v[-1]
    whole = spline.integrate(*ends)
    found: dict[str, dict[int, list[float]]] = {}

    def note(what: str, nodes: int, error: np.ndarray) -> None:
        bits = units.bits_per_dim(error, dim)
        found.setdefault(what, {})[nodes] = [round(float(bits.mean()), 5), round(float(np.sqrt((bits**2).mean())), 5)]

    with progress_bar(len(numbers), "numbers of nodes", "number") as bar:
        for nodes in numbers:
            values = {earlier: solve(nodes, earlier).value() for earlier in EARLIER}
            for earlier, value in values.items():
                note(f"path by {earlier} earlier nodes", nodes, value - exact)
            half = solve(nodes // 2, 2).value()
            note("extrapolated with half as many, third order", nodes, values[2] + (values[2] - half) / 7 - exact)
            for name in RULES:
                at, weights = rule(name, nodes, *ends)
                note(f"exact integrand, {name}", nodes, weights @ spline(at) - whole)
            bar.update()
    return found


def solver(run: Run, args: argparse.Namespace) -> tuple[Callable[[int, int], Solved], int]:
    """(nodes, earlier nodes of a step) -> the solution; and the dimensions of an image."""
    import jax
    import jax.numpy as jnp

    from sbgc.keys import key_for
    from sbgc.maths import fixed_grid, grids, probes
    from sbgc.maths.sde import prior_log_prob

    model, split = run.model(None), run.split("test", args.images)
    axes, shape = model.coordinates.as_dtype(jnp.float32), model.image_shape
    dim = int(np.prod(shape))
    z = jnp.asarray(2.0 * split.images[:, 0] / model.levels - 1.0, jnp.float32)
    keys = [key_for(0, "calibration", int(number)) for number in split.index]
    drawn = jnp.stack([probes.draw("hadamard", key, args.probes, shape) for key in keys])
    labels = jnp.asarray(split.labels)

    @jax.jit
    def linearized(model: Any, node: grids.Node, w: Any) -> Any:
        def one(w: Any, y: Any, v: Any) -> Any:
            x = fixed_grid.position(node, axes, w)
            eps, push = jax.linearize(lambda x: model.eps_hat(x, node.t, y), x)
            trace = jnp.mean(jax.lax.map(lambda one: jnp.sum(push(one) * one), v, batch_size=16))
            return fixed_grid.velocity_of(node, axes, w, eps), trace

        return jax.vmap(one)(w, labels, drawn)

    def solve(nodes: int, earlier: int) -> Solved:
        grid = grids.grid(model.sde, nodes, model.placement, axes)
        points = jax.tree.map(lambda column: jnp.asarray(column, jnp.float32), grid.nodes)
        v = np.cumsum(grid.nodes.step)
        w = jax.vmap(lambda z: fixed_grid.modes_of(grids.at(points, 0), axes, z))(z)
        velocities: list[Any] = []
        rates = np.zeros((nodes, len(z)))
        for number in range(nodes):
            node = grids.at(points, number)
            predicted = w if number == 0 else w + step(velocities, v, number, earlier, implicit=False)
            velocity, trace = linearized(model, node, predicted)
            velocities.append(velocity)
            if number:
                w = w + step(velocities, v, number, earlier, implicit=True)
            r = grid.nodes.s[number] / np.sqrt(np.asarray(axes.variances, float) + grid.nodes.s[number] ** 2)
            part = grid.nodes.alpha[number] * grid.nodes.s[number] * np.asarray(trace, float) - (r**2).sum()
            rates[number] = grid.nodes.speed[number] * part
        first, last = grids.at(points, 0), grids.at(points, -1)
        end = jax.vmap(lambda w: prior_log_prob(model.sde, fixed_grid.position(last, axes, w)))(w)
        grown = jnp.sum(jnp.log(axes.scale(last.s) / axes.scale(first.s))) + dim * jnp.log(last.alpha / first.alpha)
        return Solved(v, rates, np.asarray(end, float) + float(grown))

    return solve, dim


def step(velocities: list[Any], v: np.ndarray, number: int, earlier: int, implicit: bool) -> Any:
    """The integral of the velocity from the last node to `number`, by the polynomial through some nodes.

    Through `earlier` nodes before `number`, and through that itself where the step is implicit.
    """
    chosen = [number] * implicit + list(range(number - 1, max(number - 1 - earlier, -1), -1))
    length = v[number] - v[number - 1]
    powers = np.vander((v[chosen] - v[number - 1]) / length, increasing=True).T
    weights = length * np.linalg.solve(powers, 1.0 / np.arange(1, len(chosen) + 1))
    return sum(float(weight) * velocities[one] for weight, one in zip(weights, chosen, strict=True))


def rule(name: str, nodes: int, start: float, stop: float) -> tuple[np.ndarray, np.ndarray]:
    """The nodes and weights of a quadrature on an interval."""
    from sbgc.maths.grids import quadrature_weights

    middle, half = (start + stop) / 2, (stop - start) / 2
    if name == "Gauss-Legendre":
        at, weights = np.polynomial.legendre.leggauss(nodes)
        return middle + half * at, half * weights
    if name == "Clenshaw-Curtis":
        at = -np.cos(np.pi * np.arange(nodes) / (nodes - 1))
        moments = [0.0 if power % 2 else 2.0 / (1 - power**2) for power in range(nodes)]
        weights = np.linalg.solve(np.polynomial.chebyshev.chebvander(at, nodes - 1).T, moments)
        return middle + half * at, half * weights
    at, length = np.linspace(start, stop, nodes, retstep=True)
    if name == "Gregory":
        return at, length * quadrature_weights(nodes)
    return at, length * np.r_[0.5, np.ones(nodes - 2), 0.5]


if __name__ == "__main__":
    main()
