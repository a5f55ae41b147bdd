"""Train one segment: spec + training split + the state it begins from -> the state it ends in, and its losses."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from sbgc import artifacts, models
from sbgc.procedures import training
from sbgc.procedures.progress import progress_bar
from sbgc.steps.command import parse, run


def main(argv: Sequence[str] | None = None) -> None:
    """Train from the state of the segment before (`--resume none` begins anew) to the end of this one."""
    options = {"spec": Path, "split": Path, "seed": int, "segment": int, "segments": int, "resume": str, "out": Path, "losses": Path}
    args = parse(__doc__, argv, **options)
    spec, split = artifacts.read_json(args.spec), artifacts.read_split(args.split)
    trainer = models.page(spec).trainer(spec)
    if args.resume == "none":
        state = training.initial_state(trainer, args.seed)
    else:
        state = training.from_bytes(trainer, Path(args.resume).read_bytes())
    start, stop = training.segment_bounds(spec["settings"]["training"]["steps"], args.segment, args.segments)
    rows = []
    with progress_bar(stop, f"train {spec['model']} seed {args.seed}", "step", initial=start) as bar:
        for state, report in training.run(trainer, spec, split, args.seed, state, stop):
            rows.append((int(state.step), float(report.loss), float(report.grad_norm)))
            bar.set_postfix(loss=f"{sum(row[1] for row in rows[-50:]) / len(rows[-50:]):.4f}", refresh=False)
            bar.update()
    losses = pd.DataFrame(rows, columns=["step", "loss", "grad_norm"])
    identity = {"experiment": spec["experiment"], "dataset": spec["dataset"]["name"], "model": spec["model"]}
    for position, (name, value) in enumerate({**identity, "kind": spec["settings"]["kind"], "seed": args.seed}.items()):
        losses.insert(position, name, value)
    artifacts.write_table(args.losses, losses)
    with artifacts.atomic_path(args.out) as temporary:
        temporary.write_bytes(training.to_bytes(state))


if __name__ == "__main__":
    run(main)
