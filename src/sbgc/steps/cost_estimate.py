"""What likelihoods and races under corruptions will cost: specs + evaluation + race -> JSON, and a line for each."""

import sys
from collections.abc import Sequence
from pathlib import Path

from sbgc import artifacts
from sbgc.procedures.scoring import cost
from sbgc.steps.command import parse, run


def main(argv: Sequence[str] | None = None) -> None:
    """Estimate every model of --specs on --images images with the draws and the procedure of --evaluation (JSON).

    --race (JSON, or `none`): of races of --raced images, the least and the most that they cost. --teraflops: what a
    device reaches, or `none`.
    """
    numbers = {"images": int, "raced": int, "teraflops": str}
    args = parse(__doc__, argv, specs=[Path], evaluation=Path, race=str, out=Path, **numbers)
    evaluation = artifacts.read_json(args.evaluation)
    rate = None if args.teraflops == "none" else float(args.teraflops)
    estimates = []
    for spec in map(artifacts.read_json, args.specs):
        estimates.append(cost.estimate(spec, evaluation["likelihood"], args.images, evaluation["draws"], rate))
        if args.race != "none":
            race = artifacts.read_json(args.race)
            for bound, likelihood, draws in (("at least", "screen", 1), ("at most", "likelihood", race["draws"])):
                found = cost.estimate(spec, race[likelihood], args.raced, draws, rate)
                estimates.append(found | {"model": f"{spec['model']}, raced, {bound}"})
    for found in estimates:
        print(f"estimated cost: {cost.line(found)}", file=sys.stderr)
    artifacts.write_json(args.out, estimates)


if __name__ == "__main__":
    run(main)
