"""What likelihoods and races under corruptions will cost: specs + likelihoods -> JSON, and a line for each."""

import sys
from collections.abc import Sequence
from pathlib import Path

from pydantic import TypeAdapter

from sbgc import artifacts
from sbgc.config.base import Settings
from sbgc.config.likelihoods import Likelihood
from sbgc.config.spec import Spec
from sbgc.procedures.scoring import cost
from sbgc.steps.command import parse, run


class Job(Settings):
    """So many images and draws, scored by a model. what: words that tell it apart from the model's other jobs."""

    what: tuple[str, ...]
    spec: Spec
    likelihood: Likelihood
    images: int
    draws: int


JOBS = TypeAdapter(tuple[Job, ...])


def main(argv: Sequence[str] | None = None) -> None:
    """Estimate every one of --jobs, a JSON list.

    --teraflops: what a device reaches, or `none`.
    """
    args = parse(__doc__, argv, jobs=JOBS.validate_json, teraflops=str, out=Path)
    rate = None if args.teraflops == "none" else float(args.teraflops)
    estimates = []
    for job in args.jobs:
        found = cost.estimate(job.spec, job.likelihood, job.images, job.draws, rate)
        estimates.append(found | {"model": ", ".join([job.spec.model, *job.what])})
    for found in estimates:
        print(f"estimated cost: {cost.line(found)}", file=sys.stderr)
    artifacts.write_json(args.out, estimates)


if __name__ == "__main__":
    run(main)
