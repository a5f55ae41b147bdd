"""Attack a classifier: spec + params + clean split + settings, + scores of training images -> attacked split."""

import hashlib
import math
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from sbgc import artifacts, digests, models
from sbgc.artifacts import Split
from sbgc.config.spec import Attacking, Spec, kinds_of, undefended
from sbgc.data import dequantize
from sbgc.data.stacked import read_rows
from sbgc.maths import acceptance, metrics
from sbgc.maths.acceptance import Band
from sbgc.procedures.attacks import found, from_settings
from sbgc.procedures.attacks.engine import Engine
from sbgc.procedures.attacks.kept_state import KeptState
from sbgc.procedures.attacks.victim import Victim
from sbgc.steps.command import parse, run

SETTINGS = {"spec": Spec.model_validate_json, "attack": Attacking.model_validate_json}
PATHS = {"params": Path, "grid": str, "split": Path, "reference": str, "out": Path}
NONE = "none"


def main(argv: Sequence[str] | None = None) -> None:
    """Attack the first images of --split in the norm, at the epsilons and with the noise that --attack (JSON) names.

    --reference: class scores of training images, which the test that is evaded compares with; or none. An attack that
    was stopped goes on where it was: its state lies beside --out until it is done.
    """
    args = parse(__doc__, argv, **SETTINGS, **PATHS, seed=int, batch_size=int)
    settings, target = args.attack, f"{args.spec.model}-seed{args.seed}"
    clean = read_rows([args.split], [(0, settings.images)])
    attacked = _attacked(args, clean) if settings.method else found.unattacked(clean)
    method = settings.method
    facts = {"of_split": clean.meta.get("split", "unknown"), "attack": settings.name, "attacked": target}
    facts |= {"norm": method.norm, "method": method.method} if method else {"norm": NONE, "method": NONE}
    facts |= {"steps": method.steps if method else 0, "evades": (method and getattr(method, "evades", None)) or NONE}
    facts |= {name: _number(getattr(method, name, None)) for name in ("confidence", "detector_weight")}
    facts |= {"restarts": getattr(method, "restarts", 1), "knows_noise": "noise" not in settings.fresh}
    others = {"steps", "restarts", "models"}  # two attacks that differ in these alone are a shorter and a longer run
    facts |= {"alike": method.model_dump_json(exclude=others) if method else NONE}
    columns = attacked.columns | {name: np.full(len(attacked), value) for name, value in facts.items()}
    meta = attacked.meta | {"split": f"attacks/{target}/{settings.name}", "attack": settings.model_dump()}
    artifacts.write_split(args.out, replace(attacked, columns=columns, meta=meta))


def _number(setting: float | str | None) -> float:
    """NaN for what is not set; infinity has its own word in the settings."""
    return math.nan if setting is None else float(setting)


def _attacked(args: Namespace, clean: Split) -> Split:
    settings, method, levels = args.attack, args.attack.method, args.spec.dataset.levels
    spec = undefended(args.spec) if getattr(method, "undefended", False) else args.spec
    model = models.load(spec, args.params, settings.likelihood, artifacts.calibration_of(args.grid))
    noise = dequantize.noise(settings.seed, clean.index, settings.draws, clean.images.shape[1:], settings.strata)
    evaded = None if args.reference == NONE else _accepted(Path(args.reference), method.evades, settings.rate)
    victim = Victim(model, from_settings.victim_settings(settings, method, levels, args.seed, evaded))
    plan = from_settings.plan(settings, method)
    engine = Engine(victim, clean, noise, artifacts.read_split(args.split), plan, args.batch_size)
    kept = KeptState(args.out.with_name(f"{args.out.stem}.resume.npz"), _identity(args))
    attacked = found.attacked_split(clean, engine.run(kept), plan, levels, engine.queries, engine.random_wins())
    kept.remove()
    return attacked


def _accepted(reference: Path, test: str, rate: float) -> Band:
    """What passes a test against training images."""
    scores = artifacts.read_matrix(reference).scores.mean(axis=2)
    return acceptance.band(test, metrics.log_marginal(scores), rate)


def _identity(args: Namespace) -> str:
    """A digest of all that decides what an attack finds."""
    files = [path for path in (args.params, args.split, args.grid, args.reference) if Path(path).is_file()]
    parts = [args.spec.model_dump_json(), args.attack.model_dump_json(), f"{args.seed} {args.batch_size}"]
    parts.append(digests.code_digest("sbgc.steps.attack", *(f"sbgc.models.{kind}" for kind in kinds_of(args.spec))))
    parts += [hashlib.sha256(Path(path).read_bytes()).hexdigest() for path in files]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


if __name__ == "__main__":
    run(main)
