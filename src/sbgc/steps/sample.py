"""Sample images of every class: spec + params -> split of float32 grey levels."""

from collections.abc import Sequence
from pathlib import Path

import jax
import numpy as np

from sbgc import artifacts, closures, keys, models
from sbgc.steps.command import parse, run


def main(argv: Sequence[str] | None = None) -> None:
    """Write `per_class` samples of each class, drawn by `steps` steps of the probability flow."""
    args = parse(__doc__, argv, spec=Path, params=Path, samples=Path, seed=int, out=Path)
    settings, model = artifacts.read_json(args.samples), models.load(args.spec, args.params)
    labels = np.repeat(np.arange(model.num_classes), settings["per_class"])
    index = np.arange(len(labels))

    @closures.compiled
    def draw(labels: jax.Array, index: jax.Array) -> jax.Array:
        noise = jax.vmap(lambda i: keys.key_for(args.seed, "sample", i))(index)
        return jax.vmap(lambda y, key: model.sample(y, key, settings["steps"] + 1))(labels, noise)

    spec = artifacts.read_json(args.spec)
    meta = {
        "experiment": spec["experiment"],
        "model": spec["model"],
        "seed": args.seed,
        **spec["dataset"],
        "split": "samples",
    }
    artifacts.write_split(args.out, artifacts.Split(np.asarray(draw(labels, index)), labels, index, meta=meta))


if __name__ == "__main__":
    run(main)
