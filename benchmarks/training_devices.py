"""Images a second of a training on a CPU: on one device with two threads, and on two devices with one thread each.

    python benchmarks/training_devices.py [--out benchmarks/results/training_devices.json]

Each is the fastest step of its own process, on images of the experiment's size. Processes of both kinds take turns.
Machines are noisy, so read the ratio. Nothing else may run beside, for a step waits for the slower of the two devices.
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

from runs import spec_of
from training_step import fastest, training_step

from sbgc import artifacts, provenance, runtime
from sbgc.config.spec import training_of

ROUNDS = 3
WAYS = {"one device, two threads": (1, 2), "two devices, one thread each": (2, 1)}
RATE = "--rate-of"  # what the parent calls a child with


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--experiments", nargs="+", default=["digits", "mnist"])
    parser.add_argument("--out", type=Path)
    parser.add_argument(RATE, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.rate_of:
        print(json.dumps(rate(args.rate_of)))
        return
    found = {name: compared(name) for name in args.experiments}
    result = found | {"cores": os.cpu_count(), "manifest": provenance.manifest(["sbgc.fitting.score"])}
    print(json.dumps(found, indent=2))
    if args.out:
        artifacts.write_json(args.out, result)


def compared(name: str) -> dict[str, float]:
    """The best rate of each way over the rounds, in images a second, and their ratio."""
    best = dict.fromkeys(WAYS, 0.0)
    for _ in range(ROUNDS):
        for way, (devices, threads) in WAYS.items():
            environment = {runtime.THREADS: str(threads), "XLA_FLAGS": f"{runtime.HOST_DEVICES}={devices}"}
            environment = os.environ | environment | runtime.missing(os.environ | environment)
            command = [sys.executable, __file__, RATE, name]
            ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
            best[way] = max(best[way], float(ran.stdout))
    one, two = best.values()
    return {way: round(value, 1) for way, value in best.items()} | {"ratio": round(two / one, 3)}


def rate(name: str) -> float:
    """Images a second of the fastest step of an experiment's score model, in this process."""
    spec = spec_of(name, "score")
    step, _, _ = training_step(spec)
    return training_of(spec).batch_size / fastest(step)


if __name__ == "__main__":
    main()
