"""The standard deviation of log p from trace probes on a trained model, by family, number of probes and noise level.

    snakemake --cores all && python benchmarks/trace_variance.py --out benchmarks/results/trace_variance.json \
        --figure docs/figures/trace_variance.png

No probes are sampled, except for Hutch++. From the full Jacobian at each node of the default grid, the variance of
every family of probes follows in closed form (maths/probes.py). The families include gaussian and sphere, which no
configuration offers. The images are validation images under their own class and under another one.

The control variate is the exact divergence of the linear score of a Gaussian with the pooled covariance of the training
images. Its coefficient is fitted at each node on the same Jacobians, so the result is an upper bound on what it can do.
Hutch++ (Meyer et al. 2021) is sampled: a third of its products find a subspace, a third take the trace in it, and the
rest are Hutchinson's estimate outside it.
"""

import argparse
import json
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from runs import Run, as_a_step

from sbgc import artifacts, provenance
from sbgc.figures import style
from sbgc.maths import probes

COUNTS = (1, 2, 4, 8, 16, 32)
NODES, CHUNK, SAMPLES = 18, 8, 100


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--results", type=Path, default=Path("results/digits"))
    parser.add_argument("--images", type=int, default=12)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--figure", type=Path)
    args = parser.parse_args()
    as_a_step()
    run = Run(args.results)
    jacobian, shape, grid = jacobians(run, args.images)
    symmetric = (jacobian + jacobian.swapaxes(-1, -2)) / 2
    weights = grid["weight"] ** 2
    of_node = {name: variances(name, symmetric, shape) for name in probes.FAMILIES}  # [pairs, nodes, counts]
    total = {name: np.sqrt((weights[:, None] * of).sum(axis=1).mean(axis=0)) for name, of in of_node.items()}
    own, other = np.split(symmetric, 2)  # they share images and probes, so the noise of their gap is that of J - J'
    of_gap = {name: variances(name, own - other, shape) for name in probes.FAMILIES}
    gap = {name: np.sqrt((weights[:, None] * of).sum(axis=1).mean(axis=0)) for name, of in of_gap.items()}
    left = control_variate(symmetric, covariance(run), np.exp(grid["log_noise_ratio"]))
    single = of_node["rademacher"][:, :, 0]
    result = {
        "experiment": args.results.name,
        "split": "validation",
        "images": args.images,
        "pairs": len(jacobian),
        "nodes": NODES,
        "num_probes": COUNTS,
        "std_of_log_prob_nats": {name: np.round(values, 3).tolist() for name, values in total.items()},
        "evaluations_of_a_solve": [NODES * (1 + count) for count in COUNTS],
        "std_of_class_gap_nats": {name: np.round(values, 3).tolist() for name, values in gap.items()},
        "std_of_hutchpp_nats": {
            str(count): round(float(np.sqrt((weights * hutchpp(jacobian, count)).sum(axis=1).mean())), 3)
            for count in COUNTS
            if count >= 4
        },
        "std_with_control_variate_nats": round(float(np.sqrt((weights * left).sum(axis=1).mean())), 3),
        "explained_by_control_variate": np.round(1 - left.mean(axis=0) / single.mean(axis=0), 3).tolist(),
        "std_with_best_allocation_nats": round(best_allocation(weights * single), 3),
        "log_noise_ratio": np.round(grid["log_noise_ratio"], 3).tolist(),
        "std_of_node_nats": {
            name: np.round(np.sqrt(weights[:, None] * of.mean(axis=0)), 4).T.tolist() for name, of in of_node.items()
        },
        "manifest": provenance.manifest(["sbgc.maths.fixed_grid", "sbgc.models.score"]),
    }
    print(json.dumps({name: value for name, value in result.items() if name != "std_of_node_nats"}, indent=2))
    if args.out:
        artifacts.write_json(args.out, result)
    if args.figure:
        draw(result, args.figure)


def jacobians(run: Run, images: int) -> tuple[np.ndarray, tuple[int, ...], dict[str, np.ndarray]]:
    """Jacobians [pairs, nodes, D, D] of the network along the default path, in units of dw/dv, and the grid."""
    import jax
    import jax.numpy as jnp

    from sbgc.maths import fixed_grid, grids

    split, model = run.split("validation", images), run.model(None)
    points = grids.grid(model.sde, NODES, model.placement, model.coordinates).as_dtype(jnp.float32)
    shape = split.images.shape[2:]
    unit = jnp.eye(int(np.prod(shape))).reshape(-1, *shape)

    def along_path(x: Any, y: Any) -> Any:
        def body(carry: Any, node: Any) -> Any:
            after = fixed_grid.advance(lambda z, t: model.eps_hat(z, t, y), node, points.coordinates, carry, unit[:1])
            predicted = carry.w + node.step * (1.5 * carry.velocity - 0.5 * carry.earlier)
            at = fixed_grid.position(node, points.coordinates, predicted)
            _, push = jax.linearize(lambda x: model.eps_hat(x, node.t, y), at)
            factor = node.speed * node.alpha * node.s  # of the trace, in the divergence of dw/dv
            return after, factor * jax.vmap(push)(unit).reshape(len(unit), -1)

        return jax.lax.scan(body, fixed_grid.start(points, 2 * x / model.levels - 1), points.nodes)[1]

    own = split.labels
    other = (own + np.random.default_rng(0).integers(1, model.num_classes, len(own))) % model.num_classes
    x, y = jnp.concatenate([split.images[:, 0]] * 2), jnp.concatenate([own, other])
    chunks = [slice(start, start + CHUNK) for start in range(0, len(x), CHUNK)]
    solve = jax.jit(jax.vmap(along_path))
    found = np.concatenate([np.asarray(solve(x[chunk], y[chunk]), float) for chunk in chunks])
    nodes = points.nodes
    grid = {"weight": np.asarray(nodes.weight, float), "log_noise_ratio": np.log(np.asarray(nodes.s, float))}
    return found, shape, grid


def variances(family: str, symmetric: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """The variance of the mean over each of COUNTS probes, [pairs, nodes, counts], by maths/probes.py's formulas."""
    dim = symmetric.shape[-1]
    squares, diagonal = symmetric**2, np.diagonal(symmetric, axis1=-2, axis2=-1)
    norm, of_diagonal = squares.sum((-1, -2)), (diagonal**2).sum(-1)
    if family == "hadamard":
        signs = [probes.walsh(count, shape).reshape(count, dim) for count in COUNTS]
        same = [columns.T @ columns / len(columns) * (1 - np.eye(dim)) for columns in signs]
        return np.stack([2 * (squares * of_count).sum((-1, -2)) for of_count in same], axis=-1)
    single = {
        "rademacher": 2 * (norm - of_diagonal),
        "gaussian": 2 * norm,
        "sphere": 2 * dim / (dim + 2) * (norm - diagonal.sum(-1) ** 2 / dim),
    }[family]
    return single[..., None] / np.array(COUNTS)


def covariance(run: Run) -> np.ndarray:
    """The pooled covariance [D, D] of the dequantized training images on [-1, 1)^D."""
    split, levels = artifacts.read_split(run.results / "splits/train.npz"), run.experiment.dataset.levels
    z = 2 * (split.images.reshape(len(split), -1) + 0.5) / levels - 1
    return np.cov(z.T) + (2 / levels) ** 2 / 12 * np.eye(z.shape[1])


def control_variate(symmetric: np.ndarray, covariance: np.ndarray, ratio: np.ndarray) -> np.ndarray:
    """The variance of one Rademacher probe [pairs, nodes] that is left with the best coefficient at each node."""
    off = 1 - np.eye(len(covariance))
    left = []
    for node, level in enumerate(ratio):
        linear = np.linalg.inv(covariance + level**2 * np.eye(len(covariance))) * off
        rest = symmetric[:, node] * off
        coefficient = (rest * linear).sum() / len(rest) / (linear**2).sum()
        left.append(2 * ((rest - coefficient * linear) ** 2).sum((-1, -2)))
    return np.stack(left, axis=1)


def hutchpp(jacobian: np.ndarray, count: int) -> np.ndarray:
    """The variance of Hutch++ with `count` products with the Jacobian, [pairs, nodes], over SAMPLES samples."""
    rng, dim, sketch = np.random.default_rng(0), jacobian.shape[-1], count // 3
    trace, squares = np.trace(jacobian, axis1=-2, axis2=-1), np.zeros(jacobian.shape[:2])
    for _ in range(SAMPLES):
        signs = rng.choice([-1.0, 1.0], (dim, count - sketch))  # the other products are those with the basis
        basis, _ = np.linalg.qr(jacobian @ signs[:, :sketch])
        inside = np.einsum("pnia,pnij,pnja->pn", basis, jacobian, basis, optimize=True)
        outside = signs[:, sketch : count - sketch]
        rest = outside - basis @ (basis.swapaxes(-1, -2) @ outside)
        quadratic = np.einsum("pnia,pnij,pnja->pn", rest, jacobian, rest, optimize=True)
        squares += (inside + quadratic / (count - 2 * sketch) - trace) ** 2
    return squares / SAMPLES


def best_allocation(of_node: np.ndarray) -> float:
    """The standard deviation with as many probes in total, dealt to nodes in proportion to their standard deviation."""
    spread = np.sqrt(of_node.mean(axis=0))
    return float(spread.sum() / np.sqrt(len(spread)))


@style.styled
def draw(result: dict[str, Any], path: Path) -> None:
    """Left: the noise of each node. Right: the noise of log p against the number of probes."""
    drawn = style.figure(style.DOUBLE_COLUMN, 2.4)
    left, right = drawn.subplots(1, 2)
    marks = ((style.BLUE, "o"), (style.VERMILION, "^"), (style.GREEN, "s"), (style.PURPLE, "D"))
    looks = dict(zip(probes.FAMILIES, marks, strict=True))
    four = COUNTS.index(4)
    for name, (color, marker) in looks.items():
        plot = partial(dict, color=color, marker=marker, label=name)
        left.plot(result["log_noise_ratio"], result["std_of_node_nats"][name][four], **plot())
        right.plot(COUNTS, result["std_of_log_prob_nats"][name], **plot())
    left.set(xlabel="log(sigma / alpha) of the node", ylabel="noise of one node, 4 probes [nats]")
    right.set(
        xscale="log", yscale="log", xlabel="probes at each of 18 nodes", ylabel="standard deviation of log p [nats]"
    )
    right.set_xticks(COUNTS, [str(count) for count in COUNTS])
    right.legend()
    style.small_print(drawn, f"Digits, {result['images']} validation images under two classes each; closed forms.")
    style.write(drawn, path)


if __name__ == "__main__":
    main()
