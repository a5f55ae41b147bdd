"""How well the fast likelihood uses a machine: its share of the convolution rate, its growth, and its gradients.

    python benchmarks/engine.py [--out benchmarks/results/engine.json]

The digits network has its initial weights, because its cost does not depend on them. Operations are XLA's count of one
node, times the number of nodes. That count leaves out what a convolution multiplies with its padding. The convolution
rate is that of 3x3 convolutions of the network's width, on as many images as a batch has pairs (image, class). Growth
is measured over the number of images and of classes.

Machines are noisy, so read the ratios: both sides of each ratio are measured in turns in one run. Seconds do not
include compilation. Memory is the most that a process of its own has held.
"""

import argparse
import json
import math
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from runs import as_a_step, fast_likelihood, spec_of
from training_step import convolution, fastest

from sbgc import artifacts, operations, provenance
from sbgc.config.likelihoods import Fast
from sbgc.config.spec import Spec

ROUNDS, PAIRS, IMAGES, CLASSES = 5, 200, (20, 120, 600), (1, 3, 10)
GRADIENT_IMAGES = (16, 100)
ATTACKED, RIVALS = 4, 3  # images of a batch of an attack, and wrong classes that a step looks at
REPEATS = 3  # times that a whole split is evaluated; the fastest counts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, help="only evaluate so many pairs, and tell seconds and memory")
    parser.add_argument("--tiny", action="store_true", help="only whether it works: the numbers mean nothing")
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    as_a_step()
    spec, likelihood = spec_of("digits", "score"), fast_likelihood("digits")
    if args.pairs:
        print(json.dumps(evaluation(spec, likelihood, args.pairs)))
        return
    sizes = [images * 10 for images in IMAGES] + [IMAGES[-1] * classes for classes in CLASSES[:-1]]
    grown = {size: alone(size) for size in sorted(set([10, 20] if args.tiny else sizes))}
    of_pair = {size: row["seconds"] / size for size, row in grown.items()}
    largest = max(grown)
    result = {
        "likelihood": likelihood.model_dump(),
        "share": share(spec, likelihood, 4 if args.tiny else PAIRS),
        "gradient": [gradient(spec, likelihood, images) for images in ((2,) if args.tiny else GRADIENT_IMAGES)],
        "attack_step": attack_step(spec, likelihood, 2 if args.tiny else ATTACKED),
        "pairs": [{"pairs": size, **row} for size, row in grown.items()],
        "batch_of_pairs": PAIRS,
        "growth": round(largest / min(grown), 1),
        "seconds_of_a_pair_largest_over_smallest": round(of_pair[largest] / of_pair[min(grown)], 3),
        "memory_largest_over_smallest": round(grown[largest]["memory_mib"] / grown[min(grown)]["memory_mib"], 3),
        "cores": os.cpu_count(),
        "manifest": provenance.manifest(["sbgc.maths.fixed_grid", "sbgc.models.score"]),
    }
    print(json.dumps(result, indent=2))
    if args.out:
        artifacts.write_json(args.out, result)


def initial(spec: Spec, likelihood: Fast) -> Any:
    """The score model before its training."""
    import jax
    from flax import serialization

    from sbgc.models import score

    network, shape = score.network_of(spec), spec.dataset.image_shape
    variables = jax.jit(lambda key: network.init(key, shape))(jax.random.key(0))
    return score.load(spec, serialization.to_bytes(variables), likelihood)


def share(spec: Spec, likelihood: Fast, pairs: int) -> dict[str, Any]:
    """Operations per second of one batch of pairs, and of a convolution of the network's width on as many images."""
    import jax
    import jax.numpy as jnp

    from sbgc.maths import fixed_grid, grids

    model, shape = initial(spec, likelihood), spec.dataset.image_shape
    classes = jnp.arange(pairs) % spec.dataset.num_classes
    x, keys = jnp.full((pairs, *shape), 0.5 * spec.dataset.levels), jax.random.split(jax.random.key(0), pairs)
    solve = jax.jit(lambda model, *of: jax.vmap(lambda x, y, key: model.log_prob(x, y, key).value)(*of))
    grid = grids.grid(model.sde, likelihood.nodes, model.placement, model.coordinates).as_dtype(x.dtype)

    def node(z: Any, y: Any, key: Any) -> Any:
        drawn = fixed_grid.probes_at(key, 0, 1, likelihood.family, likelihood.num_probes, z)
        carry = fixed_grid.start(grid, z)
        return fixed_grid.advance(partial(model.eps_hat, y=y), grids.at(grid.nodes, 1), grid.coordinates, carry, drawn)

    flop = likelihood.nodes * operations.count(jax.jit(jax.vmap(node)), x, classes, keys)
    convolve, work = convolution(pairs, shape[0], spec.settings.net.features)
    seconds, rate = math.inf, 0.0
    for _ in range(ROUNDS):
        seconds = min(seconds, fastest(partial(solve, model, x, classes, keys), 3))
        rate = max(rate, work / fastest(convolve))
    return {
        "gigaflop_per_second": round(flop / seconds / 1e9, 1),
        "convolution_gigaflop_per_second": round(rate / 1e9, 1),
        "share_of_convolution": round(flop / seconds / rate, 3),
    }


def gradient(spec: Spec, likelihood: Fast, images: int) -> dict[str, Any]:
    """The seconds that the gap between two classes takes, and those that its gradient takes."""
    import jax
    import jax.numpy as jnp

    two = spec.model_copy(update={"dataset": spec.dataset.model_copy(update={"num_classes": 2})})
    model, shape = initial(two, likelihood), spec.dataset.image_shape
    log_probs, _ = model.batched_scores()
    both = jnp.tile(jnp.arange(2), (images, 1))
    x, keys = jnp.full((images, *shape), 0.4 * spec.dataset.levels), jax.random.split(jax.random.key(0), images)

    def gap(x: Any) -> Any:
        values = log_probs(model, x, keys, 0, both)
        return (values[:, 1] - values[:, 0]).sum()

    times: dict[str, float] = {"gap": math.inf, "gradient": math.inf}
    runs: dict[str, Callable[[], Any]] = {"gap": partial(gap, x), "gradient": partial(jax.grad(gap), x)}
    for _ in range(ROUNDS):
        times = {name: min(times[name], fastest(run, 1)) for name, run in runs.items()}
    return {
        "images": images,
        **{f"{name}_seconds": round(seconds, 4) for name, seconds in times.items()},
        "gradient_over_gap": round(times["gradient"] / times["gap"], 2),
    }


def attack_step(spec: Spec, likelihood: Fast, images: int) -> dict[str, Any]:
    """The seconds that a decision among all classes takes, and those of a step of an attack on the margin."""
    import jax.numpy as jnp

    from sbgc.procedures.attacks.victim import Batch, Settings, Victim

    shape, classes = spec.dataset.image_shape, spec.dataset.num_classes
    noise, numbers = jnp.full((images, 1, *shape), 0.5), jnp.arange(images, dtype=jnp.int32)
    batch = Batch(numbers % classes, jnp.full_like(numbers, -1), numbers, noise)
    settings = Settings("margin", False, spec.dataset.levels, 0, True, False, True)
    victim, x = Victim(initial(spec, likelihood), settings), jnp.full((images, *shape), 0.4)
    chosen = victim.rivals(batch, victim.class_scores(batch, x, 0), 1 + RIVALS)
    times: dict[str, float] = {"decision": math.inf, "step": math.inf}
    runs: dict[str, Callable[[], Any]] = {
        "decision": partial(victim.class_scores, batch, x, 1),
        "step": partial(victim.see, batch, x, chosen, 1),
    }
    for _ in range(ROUNDS):
        times = {name: min(times[name], fastest(run, 1)) for name, run in runs.items()}
    return {
        "images": images,
        "rivals": RIVALS,
        **{f"{name}_seconds": round(seconds, 4) for name, seconds in times.items()},
        "step_over_decision": round(times["step"] / times["decision"], 2),
    }


def alone(pairs: int) -> dict[str, float]:
    """The result of `evaluation`, run in a process of its own."""
    command = [sys.executable, __file__, "--pairs", str(pairs)]
    return json.loads(subprocess.run(command, capture_output=True, check=True, text=True).stdout)


def evaluation(spec: Spec, likelihood: Fast, count: int) -> dict[str, float]:
    """The seconds and the memory that log p(x|y) of `count` pairs takes, in batches of PAIRS."""
    from sbgc.procedures.scoring import bayes

    dataset, images = spec.dataset, math.ceil(count / 10)
    x = np.full((images, 1, *dataset.image_shape), 0.5 * dataset.levels, np.float32)
    split = artifacts.Split(x, np.zeros(images, int), np.arange(images))
    pairs = bayes.pair_scores(initial(spec, likelihood), split, 0, PAIRS)
    rows, classes = np.divmod(np.arange(count), 10)
    pairs(rows[:1], classes[:1], 0)
    seconds = math.inf
    for _ in range(REPEATS):
        start = time.perf_counter()
        pairs(rows, classes, 0)
        seconds = min(seconds, time.perf_counter() - start)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"seconds": round(seconds, 3), "memory_mib": round(memory)}


if __name__ == "__main__":
    main()
