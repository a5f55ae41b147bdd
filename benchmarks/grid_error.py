"""The error of the fast likelihood's grid on a trained model, against a ten times finer grid, with exact traces.

    snakemake --cores all && python benchmarks/grid_error.py --out benchmarks/results/grid_error.json \
        --figure docs/figures/grid_error.png

Each image is evaluated under every class. This shows the error of class gaps as well (the log-density under the true
class minus that under another class). `bias` is the mean error over images and classes, and `rms` is its root mean
square. `order` is the slope of log rms against log nodes up to the knee, ORDER_NODES. What remains beyond the knee is
resolved by no affordable grid: t enters the network through sines of up to 999 t, which vary within a single step.
"""

import argparse
import json
from pathlib import Path

import numpy as np
from runs import Run, as_a_step, fast_likelihood

from sbgc import artifacts, provenance, units
from sbgc.config.likelihoods import Fast
from sbgc.figures import style

NODES = (8, 11, 14, 16, 18, 21, 26, 31, 41)
ORDER_NODES = (8, 16)
FINER = 10  # the nodes of the finer grid over those of config.yaml
CHUNK = 20  # pairs (image, class) at a time, since an exact trace pushes D tangents through the network at once


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--results", type=Path, default=Path("results/digits"))
    parser.add_argument("--images", type=int, default=6)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--figure", type=Path)
    args = parser.parse_args()
    as_a_step()
    run = Run(args.results)
    split, default = run.split("test", args.images), fast_likelihood(run.name).nodes
    fine = exact_log_probs(run, split, FINER * default)
    rows = [errors(nodes, exact_log_probs(run, split, nodes) - fine, split) for nodes in NODES]
    result = {
        "experiment": args.results.name,
        "split": "test",
        "images": len(split),
        "dim": int(np.prod(split.images.shape[2:])),
        "default_nodes": default,
        "fine_nodes": FINER * default,
        "grids": rows,
        "order": {name: order(rows, name) for name in ("rms_nats", "gap_rms_nats")},
        "manifest": provenance.manifest(["sbgc.maths.fixed_grid", "sbgc.models.score"]),
    }
    print(json.dumps(result, indent=2))
    if args.out:
        artifacts.write_json(args.out, result)
    if args.figure:
        draw(result, args.figure)


def exact_log_probs(run: Run, split: artifacts.Split, nodes: int) -> np.ndarray:
    """log p(x|y) in nats [images, classes] of draw 0, with that many nodes and the exact trace."""
    import jax
    import jax.numpy as jnp

    dim = int(np.prod(split.images.shape[2:]))
    model = run.model(Fast(procedure="fast", nodes=nodes, num_probes=dim, family="rademacher"))
    of_pairs = jax.jit(jax.vmap(lambda x, y: model.log_prob(x, y, jax.random.key(0)).value))
    images = jnp.repeat(jnp.asarray(split.images[:, 0]), model.num_classes, axis=0)
    classes = jnp.tile(jnp.arange(model.num_classes), len(split))
    chunks = [slice(start, start + CHUNK) for start in range(0, len(images), CHUNK)]
    values = [np.asarray(of_pairs(images[chunk], classes[chunk]), float) for chunk in chunks]
    return np.concatenate(values).reshape(len(split), -1)


def errors(nodes: int, error: np.ndarray, split: artifacts.Split) -> dict[str, float]:
    """A summary of a grid's errors [images, classes]."""
    gap = np.take_along_axis(error, split.labels[:, None], axis=1) - error
    dim = int(np.prod(split.images.shape[2:]))
    return {
        "nodes": nodes,
        "bias_nats": round(float(error.mean()), 4),
        "rms_nats": round(float(np.sqrt((error**2).mean())), 4),
        "largest_nats": round(float(np.abs(error).max()), 4),
        "gap_rms_nats": round(float(np.sqrt((gap**2).sum() / (gap.size - len(gap)))), 4),
        "bias_bits_per_dim": round(float(-units.bits_per_dim(error.mean(), dim)), 5),
    }


def order(rows: list[dict[str, float]], name: str) -> float:
    """The order at which an error falls with the number of nodes before the knee."""
    points = [(row["nodes"], row[name]) for row in rows if ORDER_NODES[0] <= row["nodes"] <= ORDER_NODES[1]]
    slope, _ = np.polyfit(*np.log(np.array(points)).T, 1)
    return round(float(-slope), 2)


@style.styled
def draw(result: dict, path: Path) -> None:
    """The error of the grid against its number of nodes, both on logarithmic axes, with the default marked."""
    drawn = style.figure(style.SINGLE_COLUMN, 3.0)
    axes, nodes = drawn.subplots(), [row["nodes"] for row in result["grids"]]
    for name, label, color, marker in (
        ("rms_nats", "log p, root mean square", style.BLUE, "o"),
        ("gap_rms_nats", "class gap, root mean square", style.VERMILION, "^"),
        ("bias_nats", "log p, |mean|", style.GREEN, "s"),
    ):
        axes.plot(nodes, [abs(row[name]) for row in result["grids"]], color=color, marker=marker, label=label)
    axes.axvline(result["default_nodes"], color=style.GREY, linestyle=(0, (4, 1.5)), label="default")
    axes.axhline(0.002 * result["dim"] * np.log(2.0), color=style.GREY, linewidth=0.8, label="0.002 bits/dim")
    axes.set(xscale="log", yscale="log", xlabel="Nodes of the grid", ylabel="Error [nats]")
    axes.set_xticks(nodes, [str(count) for count in nodes])
    axes.minorticks_off()
    drawn.legend(loc="outside upper left", ncols=1)
    facts = f"Digits, {result['images']} test images x 10 classes, exact trace, against {result['fine_nodes']} nodes."
    style.small_print(drawn, facts)
    style.write(drawn, path)


if __name__ == "__main__":
    main()
