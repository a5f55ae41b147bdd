"""Calibrate the grid of a model's likelihood: spec + params + splits -> where nodes lie and what error they leave."""

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from sbgc import artifacts, models, provenance
from sbgc.config.spec import Calibrating, Spec
from sbgc.data.dequantize import dequantize
from sbgc.maths import coordinates
from sbgc.procedures.calibrating import calibration
from sbgc.procedures.calibrating.solver import Solver
from sbgc.steps.command import parse, run

SETTINGS = {"spec": Spec.model_validate_json, "calibration": Calibrating.model_validate_json}
MOST = 10_000  # images that the covariance is taken of; those of a split are in random order


def main(argv: Sequence[str] | None = None) -> None:
    """Fit the coordinates to --train, and the nodes to the first images of --validation."""
    paths = dict.fromkeys(("params", "train", "validation", "out"), Path)
    args = parse(__doc__, argv, **SETTINGS, **paths, seed=int, batch_size=int)
    started, settings, dataset = time.monotonic(), args.calibration, args.spec.dataset
    axes = coordinates.of_images(artifacts.read_split(args.train).images[:MOST], dataset.levels)
    images = artifacts.read_split(args.validation).take(slice(settings.images))
    model, split = models.load(args.spec, args.params), dequantize(images, settings.seed, 1)
    solver = Solver(model, axes, args.seed, settings.probes, settings.fine, args.batch_size)
    found = calibration.calibrate(solver, split, settings)
    code = ["sbgc.steps.calibrate", f"sbgc.models.{args.spec.settings.kind}"]
    manifest = provenance.manifest(code, seconds=round(time.monotonic() - started, 1))
    identity = {"experiment": args.spec.experiment, "dataset": dataset.name, "model": args.spec.model}
    facts = identity | {"kind": args.spec.settings.kind, "seed": args.seed, "manifest": manifest}
    artifacts.write_calibration(args.out, replace(found, meta=found.meta | facts))


if __name__ == "__main__":
    run(main)
