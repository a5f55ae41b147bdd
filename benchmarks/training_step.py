"""The share of the machine's convolution rate that a training step of a model reaches.

    python benchmarks/training_step.py [--out benchmarks/results/training_step.json]

Floating-point operations are counted by XLA. The count leaves out what a convolution multiplies with its padding. The
convolution rates are those of 3x3 convolutions at the step's batch and image size, for the network's width and for
twice that width. Each rate, like the time of the step, is that of the fastest run. Machines are noisy, so read the
ratio: its two sides are measured in turns in one run. The rate of whole trainings stands beside that of the step: it is
of all their steps, and not of the fastest.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from runs import spec_of

from sbgc import artifacts, operations, provenance, runtime
from sbgc.config.spec import Spec, training_of
from sbgc.trainer import Trainer

ROUNDS = 8
TRAINED = 40  # steps of a training
MODELS = (("digits", "score"), ("digits_flows", "base"), ("mnist_flows", "split"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    environment = {runtime.THREADS: str(runtime.TRAINING_THREADS), **os.environ}
    if runtime.missing(os.environ):
        os.execve(sys.executable, [sys.executable, *sys.argv], environment | runtime.missing(environment))
    found = {f"{name} {model}": measured(spec_of(name, model)) for name, model in MODELS}
    print(json.dumps(found, indent=2))
    if args.out:
        code = ["sbgc.procedures.training.segments", "sbgc.fitting.score", "sbgc.fitting.glow"]
        artifacts.write_json(args.out, found | {"cores": os.cpu_count(), "manifest": provenance.manifest(code)})


def measured(spec: Spec) -> dict[str, Any]:
    """The time of a step, its rate, and the rates of convolutions beside it."""
    step, train, flop, parameters = training_step(spec)
    batch, side = training_of(spec).batch_size, spec.dataset.image_shape[0]
    features = spec.settings.net.features
    convolutions = {width: convolution(batch, side, width) for width in (features, 2 * features)}
    seconds, rates = float("inf"), dict.fromkeys(convolutions, 0.0)
    for _ in range(ROUNDS):
        seconds = min(seconds, fastest(step))
        for width, (run, work) in convolutions.items():
            rates[width] = max(rates[width], work / fastest(run) / 1e9)
    return {
        "parameters": parameters,
        "batch_size": batch,
        "images_per_second": round(batch / seconds, 1),
        "images_per_second_of_a_training": round(train(), 1),
        "step_milliseconds": round(1e3 * seconds, 2),
        "step_gigaflop": round(flop / 1e9, 3),
        "step_gigaflop_per_second": round(flop / seconds / 1e9, 1),
        "convolution_gigaflop_per_second": {str(width): round(rate, 1) for width, rate in rates.items()},
        "share_of_convolution": {str(w): round(flop / seconds / 1e9 / rate, 3) for w, rate in rates.items()},
    }


def training_step(spec: Spec) -> tuple[Callable[[], object], Callable[[], float], float | None, int]:
    """One step on fixed images, a training's images a second, a step's operations, and the number of parameters."""
    import jax
    import jax.numpy as jnp

    from sbgc import devices, fitting, keys
    from sbgc.procedures.training import descent, from_spec, segments

    trainer, dataset, settings = fitting.page(spec.settings.kind).trainer(spec), spec.dataset, from_spec.settings(spec)
    images = jnp.full((training_of(spec).batch_size, *dataset.image_shape), 0.5 * dataset.levels)
    labels = jnp.arange(len(images)) % dataset.num_classes
    split = artifacts.Split(np.asarray(images), np.asarray(labels), np.arange(len(images)))
    state = devices.everywhere(segments.initial_state(trainer, settings, split, 0))
    arguments = *devices.spread((images, labels)), devices.everywhere(keys.key_for(0, "train"))
    compiled = descent.train_step.lower(trainer, settings, state, *arguments).compile()
    flop = operations.count(descent.train_step, trainer, settings, state, *arguments)
    parameters = sum(leaf.size for leaf in jax.tree.leaves(state.variables["params"]))
    latest = [state]  # a step reuses the buffers of the state that it is given

    def run() -> object:
        latest[0], report = compiled(latest[0], *arguments)
        return report

    return run, partial(trained, trainer, settings, split), flop, parameters


def trained(trainer: Trainer, settings: Any, split: artifacts.Split) -> float:
    """The images a second of a training that is some steps long."""
    from sbgc.procedures.training import segments

    state = segments.initial_state(trainer, settings, split, 0)
    _, throughput = segments.run(trainer, settings, split, 0, state, TRAINED)
    return throughput.images_per_second


def convolution(batch: int, side: int, width: int, dtype: str = "float32") -> tuple[Callable[[], object], float | None]:
    """A 3x3 convolution of `width` to `width` features, and its floating-point operations."""
    import jax
    import jax.numpy as jnp

    x, kernel = jnp.ones((batch, side, side, width), dtype), jnp.ones((3, 3, width, width), dtype)
    layout = ("NHWC", "HWIO", "NHWC")
    run = jax.jit(lambda x, k: jax.lax.conv_general_dilated(x, k, (1, 1), "SAME", dimension_numbers=layout))
    return partial(run.lower(x, kernel).compile(), x, kernel), operations.count(run, x, kernel)


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
