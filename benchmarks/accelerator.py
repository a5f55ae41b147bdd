"""What the paper's network costs on this machine's device, measured in one command of less than ten minutes.

    python benchmarks/accelerator.py --out benchmarks/results/accelerator-NAME.json [--data FOLDER] [--peak-teraflops N]

It needs JAX, flax, optax, diffrax, equinox, pydantic and PyYAML, but no network access and no Snakemake. FOLDER holds
CIFAR-10's files data_batch_1 and test_batch. Without them, the measurements that need them are 'not run'.

These are measured, in this order, until the time is up: the peak, by a large matrix product and a large convolution;
the training step of the paper's network in float32 and in bfloat16; a short real training and its loss curve; and the
likelihood of some test images by both procedures, with the network that was just trained. On a CPU the sizes are
reduced, and the result says so. Operations are counted by XLA before it optimizes.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from accelerator_parts import NOT_RUN, Bench

from sbgc import artifacts, runtime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--data", type=Path, help="folder of CIFAR-10's batch files")
    parser.add_argument("--seconds", type=float, default=540.0, help="no measurement begins after these")
    parser.add_argument("--tiny", action="store_true", help="only whether it works: the numbers mean nothing")
    parser.add_argument("--peak-teraflops", type=float, help="the vendor's figure in bfloat16, to be told beside ours")
    args = parser.parse_args()
    environment = {runtime.THREADS: str(os.cpu_count()), **os.environ}  # to compile for the device
    if runtime.missing(os.environ):
        os.execve(sys.executable, [sys.executable, *sys.argv], environment | runtime.missing(environment))
    bench = Bench(args)
    result: dict[str, Any] = {"stated_peak_teraflops": args.peak_teraflops}
    for name, measure in bench.parts():
        if time.monotonic() - bench.started > args.seconds:
            result[name] = NOT_RUN + ": out of time"
            continue
        result[name] = attempt(measure)
        print(json.dumps({name: result[name]}), flush=True)
        if args.out:  # written after every part, so that no measurement is lost
            artifacts.write_json(args.out, result | bench.facts())
    if args.out:
        artifacts.write_json(args.out, result | bench.facts())


def attempt(measure: Callable[[], Any]) -> Any:
    """The measurement, or the reason why there is none. One that runs out of memory must not end the others."""
    try:
        return measure()
    except RuntimeError as error:
        if "RESOURCE_EXHAUSTED" not in str(error):
            raise
        return NOT_RUN + ": out of memory"


if __name__ == "__main__":
    main()
