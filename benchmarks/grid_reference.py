"""Which likelihood to trust: grids of the fast procedure, and the paper's RK45, beside a converged grid.

    snakemake --cores all --config experiment=cifar10_small
    python benchmarks/grid_reference.py --results results/cifar10_small --out benchmarks/results/grid_reference.json

Test images under their own class, in float32. All solvers of an image share one probe that stays fixed along the path,
so that they solve the same equation and differ by their errors alone. The converged grid is uniform in the log of the
noise ratio. On a few images twice as many nodes say how far it is converged, and RK45 is run at the paper's tolerance
and at ten times that. The same is done with exact traces, on the central CROP x CROP pixels of these images: the
network is convolutional, and takes them as images. The file is written after every part.
"""

import argparse
import dataclasses
import json
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from runs import Run, as_a_step

from sbgc import artifacts, provenance, units
from sbgc.progress import progress_bar

NODES = (18, 24, 30, 45)  # at the calibrated placement
TOLERANCES = (1e-5, 1e-4)  # SBGC A.1, and ten times that
CROP = 8  # pixels


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--results", type=Path, required=True)
    parser.add_argument("--images", type=int, default=64)
    parser.add_argument("--reference", type=int, default=8, help="images that RK45 is run on")
    parser.add_argument("--crops", type=int, default=3, help="images whose centers get exact traces")
    parser.add_argument("--fine", type=int, default=120, help="nodes of the converged grid")
    parser.add_argument("--batch", type=int, default=2)
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    as_a_step()
    run = Run(args.results)
    result: dict[str, Any] = {"experiment": run.name, "split": "test"}

    def written(part: str, found: Any) -> None:
        result[part] = found
        print(json.dumps({part: found}), flush=True)
        if args.out:
            manifest = provenance.manifest(["sbgc.maths.fixed_grid", "sbgc.maths.probability_flow"])
            artifacts.write_json(args.out, result | {"manifest": manifest})

    model, images = run.model(None), run.split("test", args.images)
    few = images.take(slice(args.reference))
    written("grids", grid_errors(model, images, args))
    written("few images, one probe", compared(model, few, 1, args))
    small, crops = cropped(run, few.take(slice(args.crops)))
    written("few crops, exact traces", compared(small, crops, crops.images[0, 0].size, args))


def grid_errors(model: Any, split: artifacts.Split, args: argparse.Namespace) -> dict[str, Any]:
    """Bias, its standard error and root mean square of each number of nodes, in bits/dim."""
    pairs, solver = pairs_of(model, split), solver_of(model, 1, args)
    from sbgc.maths.grids import UNIFORM

    grids = [(args.fine, UNIFORM), *((nodes, model.placement) for nodes in NODES)]
    with progress_bar(len(grids), "grids", "grid") as bar:
        values = {}
        for nodes, placement in grids:
            values[nodes] = solver.values(pairs, nodes, placement)
            bar.update()
    of = {str(nodes): summary(values[nodes] - values[args.fine], model) for nodes in NODES}
    return {"images": len(split), "placement": list(model.placement), "against": args.fine, "nodes": of}


def compared(model: Any, split: artifacts.Split, probes: int, args: argparse.Namespace) -> dict[str, Any]:
    """The errors of several solvers against twice the converged grid, image by image, in bits/dim."""
    import jax
    import jax.numpy as jnp

    from sbgc.keys import key_for
    from sbgc.maths import probability_flow
    from sbgc.maths.grids import UNIFORM

    pairs = pairs_of(model, split)
    solver = solver_of(model, probes, args, 2 * args.fine)
    finest = solver.values(pairs, 2 * args.fine, UNIFORM)
    grids = [(args.fine, UNIFORM), *((nodes, model.placement) for nodes in NODES)]
    found = {f"{nodes} nodes": solver.values(pairs, nodes, placement) for nodes, placement in grids}

    @jax.jit
    def adaptive(model: Any, z: Any, y: Any, index: Any, tolerance: Any) -> Any:
        key = key_for(0, "calibration", index)
        return probability_flow.reference(
            model.sde, partial(model.eps_hat, y=y), z, key, tolerance, tolerance, num_probes=probes
        )

    cost = {}
    for tolerance in TOLERANCES:
        solved = [adaptive(model, *one, jnp.float32(tolerance)) for one in zip(*pairs, strict=True)]
        found[f"RK45 at {tolerance:g}"] = np.array([float(one.value) for one in solved])
        cost[f"RK45 at {tolerance:g}"] = [int(one.nfe) // (1 + probes) for one in solved]
    return {
        "images": len(split),
        "probes": probes,
        "against": 2 * args.fine,
        "errors": {name: summary(values - finest, model) for name, values in found.items()},
        "linearizations": cost,
        "bits_per_dim_by_image": {
            name: np.round(units.bits_per_dim(values - finest, size(model)), 6).tolist()
            for name, values in found.items()
        },
    }


def cropped(run: Run, split: artifacts.Split) -> tuple[Any, artifacts.Split]:
    """The model of the central pixels, in the coordinates of the training images' centers, and the images' centers."""
    from sbgc.maths import coordinates

    model = run.model(None)
    high, wide, channels = model.image_shape
    rows, columns = (slice((side - CROP) // 2, (side + CROP) // 2) for side in (high, wide))
    train = artifacts.read_split(run.results / "splits/train.npz").images[:, rows, columns]
    net = run.experiment.models["score"].net
    scaled = {name: getattr(net, name) for name in type(net).model_fields}
    scaled["attention_sizes"] = tuple(size * CROP // high for size in net.attention_sizes)
    network = type(model.network).create(model.num_classes, **scaled)
    small = dataclasses.replace(
        model,
        image_shape=(CROP, CROP, channels),
        network=network,
        coordinates=coordinates.of_images(train, model.levels),
    )
    return small, dataclasses.replace(split, images=split.images[:, :, rows, columns])


def pairs_of(model: Any, split: artifacts.Split) -> Any:
    """The images of a split of one draw, each under its own class."""
    from sbgc.procedures.calibrating.solver import Pairs

    z = (2.0 * split.images[:, 0] / model.levels - 1.0).astype(np.float32)
    return Pairs(z, np.asarray(split.labels), np.asarray(split.index))


def solver_of(model: Any, probes: int, args: argparse.Namespace, most: int | None = None) -> Any:
    """Solutions on grids of at most `most` nodes, with fixed probes."""
    from sbgc.procedures.calibrating.solver import Solver

    return Solver(model, model.coordinates, 0, probes, most or args.fine, args.batch)


def size(model: Any) -> int:
    """The number of dimensions of an image."""
    return int(np.prod(model.image_shape))


def summary(difference: np.ndarray, model: Any) -> dict[str, float]:
    """Bias, standard error of it, and root mean square of differences of log p, in bits/dim."""
    bits = units.bits_per_dim(difference, size(model))
    return {
        "bias": round(float(bits.mean()), 6),
        "standard_error": round(float(bits.std(ddof=1) / np.sqrt(len(bits))), 6),
        "rms": round(float(np.sqrt((bits**2).mean())), 6),
    }


if __name__ == "__main__":
    main()
