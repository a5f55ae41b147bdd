"""What the likelihoods under corruptions will cost: specs + evaluation -> JSON, and a line for each model."""

import sys
from collections.abc import Sequence
from pathlib import Path

from sbgc import artifacts
from sbgc.procedures import cost
from sbgc.steps.command import parse, run


def main(argv: Sequence[str] | None = None) -> None:
    """Estimate every model of --specs on --images images with the draws and the procedure of --evaluation (JSON).

    --teraflops: what a device reaches, or `none`.
    """
    args = parse(__doc__, argv, specs=[Path], evaluation=Path, images=int, teraflops=str, out=Path)
    evaluation = artifacts.read_json(args.evaluation)
    rate = None if args.teraflops == "none" else float(args.teraflops)
    estimates = [
        cost.estimate(artifacts.read_json(path), evaluation["likelihood"], args.images, evaluation["draws"], rate)
        for path in args.specs
    ]
    for found in estimates:
        print(f"estimated cost: {cost.line(found)}", file=sys.stderr)
    artifacts.write_json(args.out, estimates)


if __name__ == "__main__":
    run(main)
