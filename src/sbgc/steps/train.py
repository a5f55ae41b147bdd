"""Train one segment: spec + training split + the state it begins from -> the state it ends in, losses, throughput."""

from collections.abc import Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

import pandas as pd

from sbgc import artifacts, devices, fitting
from sbgc.config.spec import Spec
from sbgc.procedures.training import segments
from sbgc.procedures.training.step_cost import flop_per_image
from sbgc.progress import progress_bar
from sbgc.provenance import manifest
from sbgc.steps.command import parse, run
from sbgc.trainer import training_of

OPTIONS: dict[str, Any] = {"spec": Spec.model_validate_json, "split": Path}
NUMBERS = dict.fromkeys(("seed", "segment", "segments"), int)
PATHS = {"resume": str, "out": Path, "losses": Path, "throughput": Path}


def main(argv: Sequence[str] | None = None) -> None:
    """Train from the state of the segment before (`--resume none` begins anew) to the end of this one.

    --peak-teraflops: of a device, of which the throughput tells the share; `none` where none is stated.
    """
    args = parse(__doc__, argv, **OPTIONS, **NUMBERS, **PATHS, peak_teraflops=str)
    spec, split = args.spec, artifacts.read_split(args.split)
    trainer = fitting.page(spec.settings.kind).trainer(spec)
    if args.resume == "none":
        state = segments.initial_state(trainer, spec, split, args.seed)
    else:
        state = segments.read(trainer, spec, Path(args.resume))
    steps, losses = training_of(spec).steps, []
    _, stop = segments.segment_bounds(steps, args.segment, args.segments)
    with progress_bar(steps, f"train {spec.model} seed {args.seed}", "step", initial=int(state.step)) as bar:

        def told(step: int, loss: float, grad_norm: float) -> None:
            losses.append((step, loss, grad_norm))
            bar.set_postfix(loss=f"{fmean(row[1] for row in losses[-50:]):.4f}", refresh=False)
            bar.update()

        state, reached = segments.run(trainer, spec, split, args.seed, state, stop, told)
    flop = flop_per_image(trainer, spec, split)
    peak = None if args.peak_teraflops == "none" else float(args.peak_teraflops)
    code = ["sbgc.steps.train", f"sbgc.fitting.{spec.settings.kind}"]
    facts = reached.facts(flop, peak, devices.count())
    artifacts.write_json(args.throughput, manifest(code, steps=len(losses), **facts))
    artifacts.write_table(args.losses, pd.DataFrame(segments.loss_columns(spec, args.seed, losses)))
    with artifacts.atomic_path(args.out) as temporary:
        temporary.write_bytes(segments.to_bytes(state))


if __name__ == "__main__":
    run(main)
