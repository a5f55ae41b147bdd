"""Train one segment: spec + training split + the state it begins from -> the state it ends in, losses, throughput."""

from collections.abc import Sequence
from pathlib import Path
from statistics import fmean

import pandas as pd

from sbgc import artifacts, devices, models
from sbgc.procedures.training import segments
from sbgc.progress import progress_bar
from sbgc.provenance import manifest
from sbgc.steps.command import parse, run

OPTIONS = {"spec": Path, "split": Path, "seed": int, "segment": int, "segments": int, "resume": str, "out": Path}
PATHS = {"losses": Path, "throughput": Path}


def main(argv: Sequence[str] | None = None) -> None:
    """Train from the state of the segment before (`--resume none` begins anew) to the end of this one.

    --peak-teraflops: of a device, of which the throughput tells the share; `none` where none is stated.
    """
    args = parse(__doc__, argv, **OPTIONS, **PATHS, peak_teraflops=str)
    spec, split = artifacts.read_json(args.spec), artifacts.read_split(args.split)
    trainer = models.page(spec).trainer(spec)
    if args.resume == "none":
        state = segments.initial_state(trainer, args.seed)
    else:
        state = segments.from_bytes(trainer, Path(args.resume).read_bytes())
    steps, losses = spec["settings"]["training"]["steps"], []
    _, stop = segments.segment_bounds(steps, args.segment, args.segments)
    with progress_bar(steps, f"train {spec['model']} seed {args.seed}", "step", initial=int(state.step)) as bar:

        def told(step: int, loss: float, grad_norm: float) -> None:
            losses.append((step, loss, grad_norm))
            bar.set_postfix(loss=f"{fmean(row[1] for row in losses[-50:]):.4f}", refresh=False)
            bar.update()

        state, reached = segments.run(trainer, spec, split, args.seed, state, stop, told)
    flop = segments.step_flop(trainer, spec, split) / spec["settings"]["training"]["batch_size"]
    peak = None if args.peak_teraflops == "none" else float(args.peak_teraflops)
    facts = reached.facts(flop, peak, devices.count())
    artifacts.write_json(args.throughput, manifest(["sbgc.procedures.training.segments"], steps=len(losses), **facts))
    artifacts.write_table(args.losses, pd.DataFrame(segments.loss_columns(spec, args.seed, losses)))
    with artifacts.atomic_path(args.out) as temporary:
        temporary.write_bytes(segments.to_bytes(state))


if __name__ == "__main__":
    run(main)
