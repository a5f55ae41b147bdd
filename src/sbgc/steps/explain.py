"""Explain decisions: spec + params + test split -> maps and latents of some of its images."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from sbgc import artifacts, models
from sbgc.artifacts.explanations import write_explanations
from sbgc.config.spec import Scoring, Spec
from sbgc.data.dequantize import dequantize
from sbgc.procedures import explanations
from sbgc.steps.command import parse, run

SETTINGS: dict[str, Any] = {"spec": Spec.model_validate_json, "scoring": Scoring.model_validate_json}
PATHS = {"params": Path, "grid": str, "split": Path, "out": Path}
NUMBERS = {"seed": int, "batch_size": int, "memory": float}


def main(argv: Sequence[str] | None = None) -> None:
    """Write how a model explains its decisions on the --images, which are rows of the split.

    --maps: `by_place` of a model whose log p(x|y) is a sum over places, else `none`.
    """
    args = parse(__doc__, argv, **SETTINGS, **PATHS, **NUMBERS, images=[int], maps=str)
    spec, scoring, split = args.spec, args.scoring, artifacts.read_split(args.split)
    if max(args.images) >= len(split):
        raise artifacts.ArtifactError(f"{args.split}: {len(split)} images, expected row {max(args.images)}")
    grid = artifacts.calibration_of(args.grid)
    model = models.load(spec, args.params, scoring.likelihood, grid)
    drawn = dequantize(split.take(np.array(args.images)), scoring.seed, scoring.draws, scoring.strata)
    meta = {"experiment": spec.experiment, "dataset": spec.dataset.name, "model": spec.model, "seed": args.seed}
    meta |= {"kind": spec.settings.kind, "draws": scoring.draws, "split": split.meta.get("split", "test")}
    meta |= {"class_names": split.meta.get("class_names", [])}
    meta |= {"grid": grid and grid.error(getattr(model.likelihood, "nodes", None))}
    kind = None if args.maps == "none" else spec.settings.kind
    found = explanations.explain(model, kind, drawn, args.seed, args.batch_size, args.memory, meta)
    write_explanations(args.out, found)


if __name__ == "__main__":
    run(main)
