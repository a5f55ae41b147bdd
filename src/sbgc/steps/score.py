"""Score images: spec + params + splits -> matrix of log p(x|y), or of logits."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sbgc import artifacts, models
from sbgc.config.spec import Scoring, Spec
from sbgc.data.dequantize import dequantize
from sbgc.data.stacked import read_rows, row_range
from sbgc.keys import second
from sbgc.maths.augmentation import surroundings_of
from sbgc.procedures.scoring import bayes, crop_classifier, matrix_facts
from sbgc.steps.command import parse, run

SETTINGS: dict[str, Any] = {"spec": Spec.model_validate_json, "scoring": Scoring.model_validate_json}
PATHS = {"params": Path, "grid": str, "out": Path}
NUMBERS = {"seed": int, "shard": int, "num_shards": int, "batch_size": int, "memory": float}


def main(argv: Sequence[str] | None = None) -> None:
    """Write the matrix [n, classes, draws] of the --rows (START:STOP, one range a split) of --splits.

    --spec and --scoring are JSON: the model, and the draws and the likelihood of the evaluation.
    """
    args = parse(__doc__, argv, **SETTINGS, **NUMBERS, **PATHS, splits=[Path], rows=[row_range])
    started, scoring = time.monotonic(), args.scoring
    grid = artifacts.calibration_of(args.grid)
    model = models.load(args.spec, args.params, scoring.likelihood, grid)
    images = read_rows(args.splits, args.rows, surroundings_of(scoring.crops))
    of_noise, of_probes = (second(seed) if scoring.anew else seed for seed in (scoring.seed, args.seed))
    split = dequantize(images, of_noise, scoring.draws, scoring.strata)
    asked = crop_classifier.cropped(model, scoring.crops) if scoring.crops else model
    scores, nfe, gives = bayes.matrix(asked, split, of_probes, args.batch_size, args.memory)
    facts = {"shard": args.shard, "num_shards": args.num_shards}
    left = None
    if grid:  # the model knows the number of its nodes where the settings say `auto`
        scoring = scoring.model_copy(update={"likelihood": model.likelihood})
        left = grid.error(getattr(model.likelihood, "nodes", None))
    meta = matrix_facts.meta(args.spec, scoring, split, gives, args.seed, started, left, **facts)
    artifacts.write_matrix(args.out, matrix_facts.as_matrix(split, scores, nfe, meta))


if __name__ == "__main__":
    run(main)
