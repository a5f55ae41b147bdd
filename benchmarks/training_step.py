"""The share of the machine's convolution rate that a training step of the digits score model reaches.

    python benchmarks/training_step.py [--out benchmarks/results/training_step.json]

Floating-point operations are counted by XLA. The count leaves out what a convolution multiplies with its padding. The
convolution rates are those of 3x3 convolutions at the step's batch and image size, for the network's width and for
twice that width. Each rate, like the time of the step, is that of the fastest run. Machines are noisy, so read the
ratio: its two sides are measured in turns in one run.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from sbgc import provenance, runtime
from sbgc.config import read

ROUNDS = 8


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", default="config.yaml")
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    if runtime.missing(os.environ):
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, **runtime.missing(os.environ)})
    settings = read(args.config)["experiments"]["digits"]
    step, flop, parameters = training_step({"dataset": settings["dataset"], "settings": settings["models"]["score"]})
    batch, side = settings["models"]["score"]["training"]["batch_size"], settings["dataset"]["image_shape"][0]
    features = settings["models"]["score"]["net"]["features"]
    convolutions = {width: convolution(batch, side, width) for width in (features, 2 * features)}
    seconds, rates = float("inf"), dict.fromkeys(convolutions, 0.0)
    for _ in range(ROUNDS):
        seconds = min(seconds, fastest(step))
        for width, (run, work) in convolutions.items():
            rates[width] = max(rates[width], work / fastest(run) / 1e9)
    result = {
        "parameters": parameters,
        "batch_size": batch,
        "step_milliseconds": round(1e3 * seconds, 2),
        "step_gigaflop": round(flop / 1e9, 3),
        "step_gigaflop_per_second": round(flop / seconds / 1e9, 1),
        "convolution_gigaflop_per_second": {str(width): round(rate, 1) for width, rate in rates.items()},
        "share_of_convolution": {str(w): round(flop / seconds / 1e9 / rate, 3) for w, rate in rates.items()},
        "cores": os.cpu_count(),
        "manifest": provenance.manifest(["sbgc.procedures.training.segments", "sbgc.models.score"]),
    }
    print(json.dumps(result, indent=2))
    if args.out:
        args.out.parent.mkdir(parents=True, exist_ok=True)
        args.out.write_text(json.dumps(result, indent=2) + "\n")


def training_step(spec: dict) -> tuple[Callable[[], object], float, int]:
    """One step on fixed images, its floating-point operations, and the number of parameters."""
    import jax
    import jax.numpy as jnp

    from sbgc import keys
    from sbgc.models import score
    from sbgc.procedures.training import descent, segments

    trainer, dataset, settings = score.trainer(spec), spec["dataset"], spec["settings"]["training"]
    state = segments.initial_state(trainer, 0)
    images = jnp.full((settings["batch_size"], *dataset["image_shape"]), 0.5 * dataset["levels"])
    labels = jnp.arange(len(images)) % dataset["num_classes"]
    arguments = images, labels, keys.key_for(0, "train")
    compiled = descent.train_step.lower(trainer, descent.Settings.of(spec), state, *arguments).compile()
    parameters = sum(leaf.size for leaf in jax.tree.leaves(state.variables["params"]))
    latest = [state]  # a step reuses the buffers of the state that it is given

    def run() -> object:
        latest[0], report = compiled(latest[0], *arguments)
        return report

    return run, compiled.cost_analysis()["flops"], parameters


def convolution(batch: int, side: int, width: int, dtype: str = "float32") -> tuple[Callable[[], object], float]:
    """A 3x3 convolution of `width` to `width` features, and its floating-point operations."""
    import jax
    import jax.numpy as jnp

    x, kernel = jnp.ones((batch, side, side, width), dtype), jnp.ones((3, 3, width, width), dtype)
    layout = ("NHWC", "HWIO", "NHWC")
    run = jax.jit(lambda x, k: jax.lax.conv_general_dilated(x, k, (1, 1), "SAME", dimension_numbers=layout))
    lowered = run.lower(x, kernel)  # counted here, since a GPU's compiler calls a library whose work XLA does not count
    return partial(lowered.compile(), x, kernel), lowered.cost_analysis()["flops"]


def fastest(run: Callable[[], object], repeats: int = 10) -> float:
    """The seconds of the fastest of several runs, after a first one that may compile."""
    import jax

    jax.block_until_ready(run())
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        jax.block_until_ready(run())
        times.append(time.perf_counter() - start)
    return min(times)


if __name__ == "__main__":
    main()
