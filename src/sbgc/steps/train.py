"""Train one segment: spec + training split + the state it begins from -> the state it ends in, losses, throughput."""

import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

import pandas as pd

from sbgc import artifacts, devices, fitting
from sbgc.config.spec import Spec, training_of
from sbgc.maths.augmentation import surroundings_of
from sbgc.procedures.training import from_spec, segments, step_cost, train_states
from sbgc.procedures.training import losses as loss_table
from sbgc.procedures.training.clock import Clock
from sbgc.progress import progress_bar
from sbgc.provenance import manifest
from sbgc.steps.command import parse, run

OPTIONS: dict[str, Any] = {"spec": Spec.model_validate_json, "split": Path}
NUMBERS = dict.fromkeys(("seed", "segment", "segments"), int)
PATHS = {"resume": str, "out": Path, "losses": Path, "throughput": Path}
ENDLESS = 2**31 - 1  # steps, which only a clock ends


def main(argv: Sequence[str] | None = None) -> None:
    """Train from the state of the segment before (`--resume none` begins anew) to the end of this one.

    --seconds: of wall time, over which the learning rate's whole schedule is spread, in place of the segment's steps;
    `none` to count steps. --peak-teraflops: of a device, of which the throughput tells the share; `none` where none is
    stated.
    """
    args = parse(__doc__, argv, **OPTIONS, **NUMBERS, **PATHS, seconds=number, peak_teraflops=number)
    spec, rows, steps = args.spec, [], training_of(args.spec).steps
    trainer, how = fitting.page(spec.settings.kind).trainer(spec), from_spec.settings(spec)
    split = artifacts.read_split(args.split, surroundings_of(how.crops))
    clock = args.seconds and Clock(args.seconds, steps)
    if args.resume == "none":
        state = segments.initial_state(trainer, how, split, args.seed)
    else:
        state = train_states.read(trainer, spec, Path(args.resume), clocked=bool(clock))
    parameters, flop = step_cost.parameters(state), step_cost.flop_per_image(trainer, how, split)
    print(f"{spec.model}: {step_cost.described(parameters, flop)}", file=sys.stderr)
    stop = ENDLESS if clock else segments.segment_bounds(steps, args.segment, args.segments)[1]
    begun = 0 if clock else int(state.step)
    with progress_bar(steps, f"train {spec.model} seed {args.seed}", "step", initial=begun) as bar:

        def told(step: int, loss: float, grad_norm: float) -> None:
            rows.append((step, loss, grad_norm))
            bar.set_postfix(loss=f"{fmean(row[1] for row in rows[-50:]):.4f}", refresh=False)
            bar.update(round(clock.place()) - bar.n if clock else 1)

        state, reached = segments.run(trainer, how, split, args.seed, state, stop, told, clock)
    code = ["sbgc.steps.train", f"sbgc.fitting.{spec.settings.kind}"]
    facts = {"parameters": parameters, **reached.facts(flop, args.peak_teraflops, devices.count())}
    artifacts.write_json(args.throughput, manifest(code, steps=len(rows), seconds=args.seconds, **facts))
    artifacts.write_table(args.losses, pd.DataFrame(loss_table.columns(spec, args.seed, rows)))
    with artifacts.atomic_path(args.out) as temporary:
        temporary.write_bytes(train_states.to_bytes(state))


def number(value: str) -> float | None:
    """A number, or None for `none`."""
    return None if value == "none" else float(value)


if __name__ == "__main__":
    run(main)
