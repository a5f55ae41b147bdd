"""Attack a classifier by projected gradient descent: spec + params + clean split + settings -> attacked split."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from sbgc import artifacts, models
from sbgc.config.spec import Attacking, Spec
from sbgc.data import dequantize
from sbgc.data.stacked import read_rows
from sbgc.procedures.attacks import pgd
from sbgc.procedures.scoring import bayes
from sbgc.steps.command import parse, run

SETTINGS = {"spec": Spec.model_validate_json, "attack": Attacking.model_validate_json}
PATHS = {"params": Path, "grid": str, "split": Path, "out": Path}


def main(argv: Sequence[str] | None = None) -> None:
    """Attack the first images of --split in the norm, at the epsilons and with the noise that --attack (JSON) names."""
    args = parse(__doc__, argv, **SETTINGS, **PATHS, seed=int, batch_size=int)
    spec, settings = args.spec, args.attack
    # The attacker may differentiate a cheaper likelihood than that of the evaluation.
    model = models.load(spec, args.params, settings.attacked, artifacts.calibration_of(args.grid))
    clean = read_rows([args.split], [(0, settings.images)])
    noise = dequantize.noise(settings.seed, clean.index, settings.draws, clean.images.shape[1:], settings.strata)
    attack = pgd.PGD(settings.norm, **settings.attack.model_dump(), levels=spec.dataset.levels, seed=args.seed)
    attacked = pgd.attack(bayes.batched_logits(model), clean, noise, attack, args.batch_size)
    target = f"{spec.model}-seed{args.seed}"
    facts = {"norm": settings.norm, "attacked": target, "steps": attack.steps}
    columns = attacked.columns | {name: np.full(len(attacked), value) for name, value in facts.items()}
    meta = attacked.meta | {"split": f"attacks/{target}/{settings.norm}", "attack": settings.model_dump()}
    artifacts.write_split(args.out, replace(attacked, columns=columns, meta=meta))


if __name__ == "__main__":
    run(main)
