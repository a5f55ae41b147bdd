"""Follow an attack through latent space: spec + params + clean split + settings -> the ways of some images."""

from collections.abc import Sequence
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd

from sbgc import artifacts, models
from sbgc.config.spec import Attacking, Spec
from sbgc.data import dequantize
from sbgc.procedures.attacks import from_settings, trajectory
from sbgc.procedures.attacks.problems import Problems
from sbgc.procedures.attacks.victim import Victim
from sbgc.procedures.tables.trajectory_table import trajectory_rows
from sbgc.steps.command import parse, run

SETTINGS = {"spec": Spec.model_validate_json, "attack": Attacking.model_validate_json}


def main(argv: Sequence[str] | None = None) -> None:
    """Write one row for each of the --images (rows of --split) and each step of --attack (JSON)."""
    args = parse(__doc__, argv, **SETTINGS, params=Path, split=Path, images=[int], seed=int, out=Path)
    spec, settings = args.spec, args.attack
    levels, clean = spec.dataset.levels, artifacts.read_split(args.split).take(args.images)
    model, plan = models.load(spec, args.params), from_settings.plan(settings, settings.method)
    noise = dequantize.noise(settings.seed, clean.index, 1, clean.images.shape[1:])
    victim = Victim(model, from_settings.victim_settings(settings, settings.method, levels, args.seed, None))
    problems, every = Problems(victim, clean, noise, clean, plan), np.arange(len(clean))
    scores = np.asarray(victim.class_scores(problems.batch(every), jnp.asarray(problems.images), 0))
    way = trajectory.way(victim, plan.attack, *problems.of(every, 0, 0, scores))
    centers, names = jax.device_get(model.class_means).astype(float), clean.meta.get("class_names", [])
    parts = []
    for image, label in enumerate(clean.labels):
        z = trajectory.latents(model, way.images[:, image], noise[image, 0], levels)
        rows = trajectory_rows(z, centers, int(label), way.margins[:, image], names, float(settings.method.confidence))
        parts.append(rows.assign(index=clean.index[image], attack=settings.name))
    facts = {"experiment": spec.experiment, "dataset": spec.dataset.name, "model": spec.model}
    facts |= {"kind": spec.settings.kind, "seed": args.seed, "num_images": len(clean)}
    artifacts.write_table(args.out, pd.concat(parts, ignore_index=True).assign(**facts))


if __name__ == "__main__":
    run(main)
