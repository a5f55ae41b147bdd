"""Race the classes of some images: spec + params + splits + matrices of other images -> a table, one row an image."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sbgc import artifacts, models
from sbgc.config.spec import Racing, Scoring, Spec
from sbgc.data.dequantize import dequantize
from sbgc.data.stacked import read_rows, row_range
from sbgc.procedures.racing import races
from sbgc.procedures.scoring import bayes
from sbgc.procedures.tables import matrices
from sbgc.procedures.tables.race_table import race_table
from sbgc.steps.command import parse, run

SETTINGS = {
    "spec": Spec.model_validate_json,
    "scoring": Scoring.model_validate_json,
    "race": Racing.model_validate_json,
}
PATHS = dict.fromkeys(("params", "variances", "screening", "out"), Path)


def main(argv: Sequence[str] | None = None) -> None:
    """Write one row for each of the --rows (START:STOP, one range a split) of --splits.

    --variances and --screening are matrices of other images, the same ones, by the likelihood of --scoring and by the
    race's screening: they tell what variances of gaps and errors of the screening are like.
    """
    numbers = {"seed": int, "batch_size": int, "memory": float}
    args = parse(__doc__, argv, **SETTINGS, **PATHS, **numbers, grid=str, splits=[Path], rows=[row_range])
    spec, scoring, race = args.spec, args.scoring, args.race
    split = dequantize(read_rows(args.splits, args.rows), scoring.seed, scoring.draws, scoring.strata)
    grid = artifacts.calibration_of(args.grid)
    classes, pairs = spec.dataset.num_classes, args.batch_size * spec.dataset.num_classes
    used = [models.load(spec, args.params, likelihood, grid) for likelihood in (race.screen, scoring.likelihood)]
    screen, fine = (bayes.pair_scores(model, split, args.seed, pairs, args.memory) for model in used)
    others, screened = matrices.read(args.variances).scores, matrices.read(args.screening).scores
    learned = races.learned_prior(others), races.learned_screening(screened, others)
    settings = races.Race(race.reach, race.error, scoring.draws, *learned)
    outcome = races.race(screen, fine, len(split), classes, settings)
    facts = {"experiment": spec.experiment, "dataset": spec.dataset.name, "model": spec.model}
    facts |= {"kind": spec.settings.kind, "seed": args.seed, "evaluation": scoring.evaluation}
    # As in a matrix (matrix_facts.py).
    facts["split"] = scoring.evaluation if split.columns else split.meta.get("split", scoring.evaluation)
    screening, drawn = ((one.likelihood.procedure, _grid_error(grid, one)) for one in used)
    artifacts.write_table(args.out, race_table(outcome, split, facts, screening, drawn))


def _grid_error(grid: artifacts.Calibration | None, model: Any) -> dict[str, Any] | None:
    """What the grid of a model's likelihood errs by; None where it takes none."""
    return grid.error(getattr(model.likelihood, "nodes", None)) if grid else None


if __name__ == "__main__":
    run(main)
