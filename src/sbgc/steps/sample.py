"""Sample images of every class: spec + params -> split of float32 grey levels."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jax
import numpy as np

from sbgc import artifacts, keys, models
from sbgc.config.spec import Spec
from sbgc.steps.command import parse, run


def main(argv: Sequence[str] | None = None) -> None:
    """Write --per-class samples of each class, drawn by --steps steps of the model's sampler."""
    numbers = {"seed": int, "per_class": int, "steps": int}
    args = parse(__doc__, argv, spec=Spec.model_validate_json, params=Path, grid=str, out=Path, **numbers)
    spec, grid = args.spec, artifacts.calibration_of(args.grid)
    model = models.load(spec, args.params, calibration=grid)
    labels = np.repeat(np.arange(spec.dataset.num_classes), args.per_class)
    index = np.arange(len(labels))

    @jax.jit
    def draw(model: Any, labels: jax.Array, index: jax.Array) -> jax.Array:
        noise = jax.vmap(lambda i: keys.key_for(args.seed, "sample", i))(index)
        return jax.vmap(lambda y, key: model.sample(y, key, args.steps + 1))(labels, noise)

    identity = {"experiment": spec.experiment, "model": spec.model, "kind": spec.settings.kind, "seed": args.seed}
    meta = spec.dataset.model_dump(mode="json") | identity | {"dataset": spec.dataset.name, "split": "samples"}
    images = np.asarray(draw(model, labels, index))
    artifacts.write_split(args.out, artifacts.Split(images, labels, index, meta=meta))


if __name__ == "__main__":
    run(main)
