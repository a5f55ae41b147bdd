"""Where the noise of a class gap comes from on a trained model, and what sharing a path does to its value.

    snakemake --cores all --config experiment=cifar10_small
    python benchmarks/gap_noise.py --results results/cifar10_small --out benchmarks/results/gap_noise.json

On the model's own grid, for the first test images (one draw of the dequantization noise):

- paths: all classes on paths of their own, on the leader's, and on that of the mean of their fields (as in
  maths/shared_path), with PROBES independent probes at each node that all three share. Gaps to the leader are compared.
- denoising: the gaps by denoising errors alone, one forward pass a node (maths/elbo), with as many noises.
- probes: at every node of the leader's path two independent blocks of Walsh probes for the leader, the best rival and
  a class in the middle. The variance of a family is that of its mean, from the difference of the two blocks.

All values are in nats. The raw numbers of each image are kept below RESULTS/gap_noise: a run goes on where it ended.
"""

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from runs import Run, as_a_step

from sbgc import artifacts, provenance
from sbgc.config.likelihoods import Fast
from sbgc.progress import progress_bar

PROBES = 4
BLOCK = 16  # Walsh functions
# Bits of the colors of three channels, as sums of those of maths/probes: c0 and c1 are the bits of the channel, t0 and
# t1 those of a tile of four pixels.
BITS = {"c0": 4 ^ 8, "c1": 8, "t0": 1 ^ 8, "t1": 2 ^ 4 ^ 8}
ORDERS = {
    "channels first": (BITS["c0"], BITS["c1"], BITS["t0"], BITS["t1"]),
    "tiles first": (BITS["t0"], BITS["t1"], BITS["c0"], BITS["c1"]),
    "both at once": (BITS["t0"] ^ BITS["c1"], BITS["t1"] ^ BITS["c0"], BITS["c0"] ^ BITS["c1"], BITS["c1"]),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--results", type=Path, required=True)
    parser.add_argument("--images", type=int, default=3)
    parser.add_argument("--nodes", type=int, default=30)
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    as_a_step()
    run = Run(args.results)
    measure = measurement(run, args)
    found = []
    with progress_bar(args.images, "images", "image") as bar:
        for number in range(args.images):
            file = run.results / "gap_noise" / f"{args.nodes}-{number}.npz"
            if not file.exists():
                with artifacts.atomic_path(file) as temporary, temporary.open("wb") as stream:
                    np.savez(stream, **measure(number))
            with np.load(file, allow_pickle=False) as arrays:
                found.append(dict(arrays))
            bar.update()
    result = {"experiment": run.name, "split": "test", "images": args.images, "nodes": args.nodes}
    result |= {"paths": paths(found), "probes": families(found), "allocation": allocation(found)}
    print(json.dumps(result, indent=2))
    if args.out:
        manifest = provenance.manifest(["sbgc.maths.shared_path", "sbgc.maths.probes"])
        artifacts.write_json(args.out, result | {"manifest": manifest})


def measurement(run: Run, args: argparse.Namespace) -> Callable[[int], dict[str, np.ndarray]]:
    """The function from the number of a test image to its raw numbers."""
    import jax
    import jax.numpy as jnp

    from sbgc.keys import key_for
    from sbgc.maths import fixed_grid, grids, probes

    if run.experiment.dataset.image_shape[2] != 3:
        sys.exit(f"{run.name}: images of {run.experiment.dataset.image_shape[2]} channels, expected 3")
    model = run.model(Fast(procedure="fast", nodes=args.nodes, num_probes=1, family="rademacher"))
    split, grid, shape = run.split("test", args.images), model.grid().as_dtype(jnp.float32), model.image_shape
    nodes, axes = grid
    every, weights = jnp.arange(model.num_classes), np.asarray(nodes.weight * nodes.speed, float)
    walsh = jnp.asarray(probes.walsh(BLOCK, shape), jnp.float32)
    position, velocity = (
        jax.jit(jax.vmap(function, (None, None, *[0] * count)))
        for function, count in ((fixed_grid.position, 1), (fixed_grid.velocity_of, 2))
    )

    @jax.jit
    def linearized(model: Any, x: Any, t: Any, labels: Any, drawn: Any) -> Any:
        """eps_hat of points [k, ...] under labels [k], and v' J v of all probes [k, probes]."""

        def one(x: Any, y: Any) -> Any:
            value, push = jax.linearize(lambda x: model.eps_hat(x, t, y), x)
            return value, jax.lax.map(lambda v: jnp.sum(push(v) * v), drawn, batch_size=BLOCK)

        return jax.vmap(one)(x, labels)

    @jax.jit
    def denoising(model: Any, x: Any, t: Any, noise: Any) -> Any:
        return jax.vmap(lambda y: jnp.sum((model.eps_hat(x, t, y) - noise) ** 2))(every)

    def follow(z: Any, key: Any, direction: Callable[[Any], Any], look: Callable[..., None]) -> np.ndarray:
        """log p without constants [classes, probes]: the sum over nodes along a path, and the prior at its end."""
        w = jnp.tile(fixed_grid.modes_of(grids.at(nodes, 0), axes, z), (len(every), 1))
        now = before = jnp.zeros_like(w)
        total = np.zeros((len(every), PROBES))
        for number in range(args.nodes):
            node = grids.at(nodes, number)
            predicted = w + node.step * (1.5 * now - 0.5 * before)
            x = position(node, axes, predicted)
            drawn = probes.draw("rademacher", jax.random.fold_in(key, number), PROBES, shape)
            eps, traces = linearized(model, x, node.t, every, drawn)
            field = jnp.broadcast_to(direction(eps), eps.shape)
            across = np.asarray(jnp.sum((field - eps) * eps, axis=(1, 2, 3)), float)
            part = float(node.alpha * node.s) * np.asarray(traces, float) + across[:, None]
            total += weights[number] * part
            look(number, node, x)
            moved = velocity(node, axes, predicted, field)
            w = w + node.step / 12.0 * (5.0 * moved + 8.0 * now - before)
            before, now = (moved, moved) if number == 0 else (now, moved)
        end = np.asarray(position(grids.at(nodes, -1), axes, w), float).reshape(len(every), -1)
        return total - 0.5 * (end**2).sum(axis=1)[:, None] / model.sde.prior_std() ** 2

    def measure(number: int) -> dict[str, np.ndarray]:
        z = jnp.asarray(2.0 * split.images[number, 0] / model.levels - 1.0, jnp.float32)
        key = key_for(0, "probe", int(split.index[number]))
        of = {"own": follow(z, key, lambda eps: eps, lambda *_: None)}
        ranked = of["own"].mean(axis=1).argsort()[::-1]
        some = jnp.asarray(ranked[[0, 1, len(ranked) // 2]])
        blocks, errors = [], np.zeros((args.nodes, PROBES, len(every)))

        def look(place: int, node: Any, x: Any) -> None:
            """Two blocks of Walsh probes at the leader's point, and denoising errors around the image."""
            signs = probes.draw("rademacher", jax.random.fold_in(key, 1000 + place), 2, shape)
            drawn = (signs[:, None] * walsh).reshape(2 * BLOCK, *shape)
            _, traces = linearized(model, jnp.broadcast_to(x[0], (3, *shape)), node.t, some, drawn)
            scale = weights[place] * float(node.alpha * node.s)
            blocks.append(scale * np.asarray(traces, float).reshape(3, 2, BLOCK))
            for one in range(PROBES):
                noise = jax.random.normal(jax.random.fold_in(jax.random.fold_in(key, 2000 + place), one), shape)
                found = denoising(model, node.alpha * (z + node.s * noise), node.t, noise)
                errors[place, one] = -weights[place] * np.asarray(found, float)

        of["leader"] = follow(z, key, lambda eps: eps[ranked[0]], look)
        of["mean"] = follow(z, key, lambda eps: eps.mean(axis=0), lambda *_: None)
        return {**of, "denoising": errors.sum(axis=0).T, "blocks": np.array(blocks), "ranked": ranked}

    return measure


def span(bits: tuple[int, ...]) -> list[int]:
    """All sums of some of the bits: the numbers of the Walsh functions that they make."""
    found = {0}
    for bit in bits:
        found |= {one ^ bit for one in found}
    return sorted(found)


def paths(found: list[dict[str, np.ndarray]]) -> dict[str, Any]:
    """For each path the standard deviation of a gap with one probe a node, and the gap's difference from own paths."""
    rows = {}
    for name in ("own", "leader", "mean", "denoising"):
        gaps, noise = zip(*(gaps_to_the_leader(one, name) for one in found), strict=True)
        own, own_noise = zip(*(gaps_to_the_leader(one, "own") for one in found), strict=True)
        error = np.concatenate(gaps) - np.concatenate(own)
        chance = (np.mean(noise) + np.mean(own_noise)) / PROBES
        row = {"std_of_a_gap": np.sqrt(np.mean(noise)), "mean_gap": np.mean(np.concatenate(gaps))}
        if name != "own":
            row |= {"bias": error.mean(), "rms": np.sqrt(np.mean(error**2)), "rms_of_the_noise_alone": np.sqrt(chance)}
        rows[name] = {key: round(float(value), 2) for key, value in row.items()}
    return rows


def gaps_to_the_leader(one: dict[str, np.ndarray], name: str) -> tuple[np.ndarray, np.ndarray]:
    """The gaps of all other classes, means over probes, and their variances for a single probe a node."""
    leader, others = one["ranked"][0], one["ranked"][1:]
    gaps = one[name][others] - one[name][leader]
    return gaps.mean(axis=1), gaps.var(axis=1, ddof=1)


def families(found: list[dict[str, np.ndarray]]) -> dict[str, Any]:
    """Standard deviations of log p and of two gaps by k probes: independent signs, and blocks in several orders."""
    rows = {}
    for what, of in quantities().items():
        values = [of(one["blocks"]) for one in found]  # [nodes, 2, BLOCK] each
        single = np.mean([(np.diff(value, axis=1)[:, 0] ** 2 / 2).mean(axis=1).sum() for value in values])
        rows[what] = {"independent": {k: round(float(np.sqrt(single / k)), 2) for k in (1, 2, 4, 8, 16)}}
        for order, bits in ORDERS.items():
            sets = {2**count: span(bits[:count]) for count in range(1, 5)}
            noise = {
                k: np.mean([(np.diff(value[:, :, chosen].mean(axis=2), axis=1) ** 2 / 2).sum() for value in values])
                for k, chosen in sets.items()
            }
            rows[what][order] = {k: round(float(np.sqrt(value)), 2) for k, value in noise.items()}
    return rows


def quantities() -> dict[str, Callable[[np.ndarray], np.ndarray]]:
    """From blocks [nodes, 3, 2, BLOCK] of the leader, its rival and a class in the middle."""
    return {
        "log p": lambda blocks: blocks[:, 0],
        "gap to the rival": lambda blocks: blocks[:, 0] - blocks[:, 1],
        "gap to the middle": lambda blocks: blocks[:, 0] - blocks[:, 2],
    }


def allocation(found: list[dict[str, np.ndarray]]) -> dict[str, float]:
    """What is left of the variance where as many probes are spread over the nodes in proportion to their noise."""
    left = {}
    for what, of in quantities().items():
        nodes = [(np.diff(of(one["blocks"]), axis=1)[:, 0] ** 2 / 2).mean(axis=1) for one in found]
        of_node = np.mean(nodes, axis=0)
        left[what] = round(float(np.sqrt(of_node).sum() ** 2 / len(of_node) / of_node.sum()), 2)
    return left


if __name__ == "__main__":
    main()
