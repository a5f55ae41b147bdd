"""Train one segment: spec + training split + the state it begins from -> the state it ends in, and its losses."""

from collections.abc import Sequence
from pathlib import Path
from statistics import fmean

import pandas as pd

from sbgc import artifacts, models
from sbgc.procedures import training
from sbgc.procedures.progress import progress_bar
from sbgc.steps.command import parse, run

OPTIONS = {"spec": Path, "split": Path, "seed": int, "segment": int, "segments": int, "resume": str, "out": Path}


def main(argv: Sequence[str] | None = None) -> None:
    """Train from the state of the segment before (`--resume none` begins anew) to the end of this one."""
    args = parse(__doc__, argv, **OPTIONS, losses=Path)
    spec, split = artifacts.read_json(args.spec), artifacts.read_split(args.split)
    trainer = models.page(spec).trainer(spec)
    if args.resume == "none":
        state = training.initial_state(trainer, args.seed)
    else:
        state = training.from_bytes(trainer, Path(args.resume).read_bytes())
    steps, losses = spec["settings"]["training"]["steps"], []
    _, stop = training.segment_bounds(steps, args.segment, args.segments)
    with progress_bar(steps, f"train {spec['model']} seed {args.seed}", "step", initial=int(state.step)) as bar:
        for step, report in training.run(trainer, spec, split, args.seed, state, stop):
            state = step
            losses.append((int(state.step), float(report.loss), float(report.grad_norm)))
            bar.set_postfix(loss=f"{fmean(row[1] for row in losses[-50:]):.4f}", refresh=False)
            bar.update()
    artifacts.write_table(args.losses, pd.DataFrame(training.loss_columns(spec, args.seed, losses)))
    with artifacts.atomic_path(args.out) as temporary:
        temporary.write_bytes(training.to_bytes(state))


if __name__ == "__main__":
    run(main)
