"""What training and evaluation cost on this machine's device, and what keeps it from its peak.

    python benchmarks/accelerator.py --out FILE.json [--seconds 540] [--data FOLDER] [--weights WEIGHTS]

It needs JAX, flax, optax, diffrax and equinox, and no network access. These are measured, one part after the other,
each with its compilation: the peak, by a large matrix product and a large convolution; a training step of the small
network (7.85 M parameters) and of the paper's (67 M); where the time of a step goes; and evaluations. FILE is written
after every part, and a table is printed at the end. On a CPU the batches are reduced, and the result says so.

With CIFAR-10's five data_batch files in FOLDER, the small network is trained on from its WEIGHTS for the rest of the
time, and its new averaged weights are written beside the result, in float16 and in the same form.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from sbgc import artifacts, provenance, runtime

ROOT = Path(__file__).parents[1]
TINY = {"features": 8, "multipliers": (1,), "blocks": 1, "attention_sizes": (), "dropout": 0.0}
CODE = ["sbgc.procedures.training.segments", "sbgc.fitting.denoising", "sbgc.models.score_density"]
LEAST = 30.0  # seconds of training that are worth its compilation
SCHEDULE = {"learning_rate": 5e-4, "warmup_steps": 100, "steps": 1000}  # spread over the time that is left


def main() -> None:
    args = _arguments()
    environment = {runtime.THREADS: str(os.cpu_count()), **os.environ}  # to compile for the device
    if runtime.missing(os.environ):
        os.execve(sys.executable, [sys.executable, *sys.argv], environment | runtime.missing(environment))
    begun, result = time.monotonic(), {}

    def written() -> None:
        facts = {"seconds": round(time.monotonic() - begun, 1), "manifest": provenance.manifest(CODE)}
        artifacts.write_json(args.out, result | facts)

    for name, measure in _parts(args, result, begun):
        if time.monotonic() - begun > args.seconds:
            result[name] = "not run: out of time"
        else:
            started = time.monotonic()
            result[name] = _attempt(measure)
            if isinstance(result[name], dict):
                result[name]["seconds"] = round(time.monotonic() - started, 1)
        print(json.dumps({name: result[name]}), flush=True)
        written()
    print(_table(result))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seconds", type=float, default=540.0, help="no part begins after these")
    parser.add_argument("--data", type=Path, help="folder of CIFAR-10's batch files")
    parser.add_argument("--weights", type=Path, default=ROOT / "weights/cifar10-small.npz", help="of the small network")
    parser.add_argument("--tiny", action="store_true", help="only whether it works: the numbers mean nothing")
    return parser.parse_args()


def _parts(args: argparse.Namespace, result: dict[str, Any], begun: float) -> Iterator[tuple[str, Callable[[], Any]]]:
    """Names and measurements, the most important first."""
    import accelerator_parts as parts
    import jax
    import yaml  # flax needs it

    small = artifacts.read_weights(args.weights).settings["net"]
    experiments = yaml.safe_load((ROOT / "experiments/cifar10.yaml").read_text())["experiments"]
    paper = experiments["cifar10"]["models"]["score"]["net"]
    cpu = jax.default_backend() == "cpu"
    precision = "float32" if cpu else "bfloat16"
    nets, product = {"7.85 M": parts.Net(small, 256, 256), "67 M": parts.Net(paper, 512, 64)}, (8192, 512, 256)
    if cpu:  # a loop around a gradient is slow there
        nets, product = {"7.85 M": parts.Net(small, 8, 2, 1), "67 M": parts.Net(paper, 2, 1, 1)}, (2048, 32, 64)
    if args.tiny:
        nets, product = dict.fromkeys(nets, parts.Net(TINY, 4, 2, 1, 3)), (64, 2, 8)
        parts.ROUNDS = 1
    result |= {"reduced": cpu, "tiny": args.tiny, "precision": precision}

    def peak() -> float | None:
        found = result["peak"]
        return found[f"matrix {precision}"] if isinstance(found, dict) else None

    yield "peak", lambda: parts.peaks(*product)
    for name, net in nets.items():
        yield f"step {name}", lambda net=net: parts.training_step(net, precision, peak())
    for what in ("forward", "gradient"):
        yield f"{what} 7.85 M", lambda what=what: parts.shares(nets["7.85 M"], precision, what)
    for name, net in nets.items():
        yield f"evaluation {name}", lambda net=net: parts.evaluation(net, precision, peak())
    if args.data:
        left = lambda: args.seconds - (time.monotonic() - begun)  # noqa: E731
        yield "training 7.85 M", lambda: _train(args, nets["7.85 M"], precision, left())


def _train(args: argparse.Namespace, net: Any, precision: str, seconds: float) -> Any:
    """Train from given weights until the time is up, and write the new average."""
    import jax
    import numpy as np
    from flax import serialization

    from sbgc import serialized
    from sbgc.data.formats import cifar
    from sbgc.procedures.training import segments
    from sbgc.procedures.training.clock import Clock

    if seconds < LEAST:
        return "not run: out of time"
    seconds = 2.0 if args.tiny else seconds
    files = sorted(args.data.glob("data_batch*"))
    batches = [cifar.read_batch(file.read_bytes(), file.name) for file in files]
    images, labels = (np.concatenate([getattr(one, name) for one in batches]) for name in ("images", "labels"))
    split = artifacts.Split(images, labels, np.arange(len(labels)))
    trainer, losses = net.trainer(precision, **SCHEDULE), []
    state = segments.initial_state(trainer, net.settings, split, 0)
    given = artifacts.read_weights(args.weights)
    content = serialization.msgpack_serialize(jax.tree.map(lambda leaf: leaf.astype(np.float32), given.variables))
    weights = serialized.restore(state.variables, content, "weights of this network")
    state = state._replace(variables=weights, ema=jax.tree.map(np.copy, weights))
    clock = Clock(seconds, SCHEDULE["steps"])
    told = lambda step, loss, norm: losses.append(loss)  # noqa: E731
    state, reached = segments.run(trainer, net.settings, split, 0, state, 2**31 - 1, told, clock)
    half = jax.tree.map(lambda value: np.asarray(value, np.float16), serialization.to_state_dict(state.ema))
    more = {"trained on for steps": len(losses), "seconds": round(seconds), "manifest": provenance.manifest(CODE)}
    new = replace(given, variables=half, facts=given.facts | {"then": more})
    artifacts.write_weights(args.out.with_suffix(".weights.npz"), new)
    tenth = max(1, len(losses) // 10)
    return {
        "images": len(split),
        "steps": len(losses),
        "batch": net.batch,
        "images per second": round(reached.images_per_second, 1),
        "starved hand-overs": round(reached.starved, 4),
        "mean losses": [round(float(np.mean(losses[at : at + tenth])), 5) for at in range(0, len(losses), tenth)],
    }


def _attempt(measure: Callable[[], Any]) -> Any:
    """The measurement, or the reason why there is none. One that runs out of memory must not end the others."""
    try:
        return measure()
    except RuntimeError as error:
        if "RESOURCE_EXHAUSTED" not in str(error):
            raise
        return "not run: out of memory"


def _table(result: dict[str, Any]) -> str:
    """One line for each number of each part."""
    rows = [
        (part, name, value)
        for part, found in result.items()
        for name, value in (found.items() if isinstance(found, dict) else [("", found)])
        if not isinstance(value, list)
    ]
    first, second = (max(len(row[column]) for row in rows) for column in (0, 1))
    return "\n".join(f"{part:{first}}  {name:{second}}  {value}" for part, name, value in rows)


if __name__ == "__main__":
    main()
