"""What likelihoods and races under corruptions will cost: specs + likelihoods -> JSON, and a line for each."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from pydantic import TypeAdapter

from sbgc import artifacts
from sbgc.config.likelihoods import Likelihood
from sbgc.config.spec import Spec
from sbgc.procedures.scoring import cost
from sbgc.steps.command import parse, run

LIKELIHOOD: TypeAdapter = TypeAdapter(Likelihood)


def main(argv: Sequence[str] | None = None) -> None:
    """Estimate every one of --jobs, a JSON list of {what, spec, likelihood, images, draws}.

    --teraflops: what a device reaches, or `none`.
    """
    args = parse(__doc__, argv, jobs=json.loads, teraflops=str, out=Path)
    rate = None if args.teraflops == "none" else float(args.teraflops)
    estimates = []
    for job in args.jobs:
        spec, likelihood = Spec.model_validate(job["spec"]), LIKELIHOOD.validate_python(job["likelihood"])
        found = cost.estimate(spec, likelihood, job["images"], job["draws"], rate)
        estimates.append(found | {"model": ", ".join([spec.model, *job["what"]])})
    for found in estimates:
        print(f"estimated cost: {cost.line(found)}", file=sys.stderr)
    artifacts.write_json(args.out, estimates)


if __name__ == "__main__":
    run(main)
