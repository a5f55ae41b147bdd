"""Whether the map of an IB-INN's class gap is right about places: what the gap loses where pixels are replaced.

    python benchmarks/replaced_quadrants.py results/digits_ibinn --images 2 104 185 --rivals 9 8 9

For each image (a row of the test split) and each IB-INN that has explained it, a place's pixels are taken from 200
training images. The mean loss of log p(x|label) - log p(x|rival) stands beside the map of this gap, both in nats, with
their correlation over places. Noise is the mean of dequantization, 1/2. ADR 0035 has what came out.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

from sbgc import artifacts, models
from sbgc.artifacts.explanations import read_explanations
from sbgc.config.file import read
from sbgc.config.loading import Source, load
from sbgc.config.spec import Spec, facts_of

ROOT, REPLACED = Path(__file__).parents[1], 200


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", type=Path)
    parser.add_argument("--images", type=int, nargs="+", required=True)
    parser.add_argument("--rivals", type=int, nargs="+", required=True)
    args = parser.parse_args()
    train, test = (artifacts.read_split(args.results / f"splits/{name}.npz") for name in ("train", "test"))
    for row, rival in zip(args.images, args.rivals, strict=True):
        for name, model, found in explained(args.results):
            place = found.index.tolist().index(test.index[row])
            label = int(test.labels[row])
            told = found.of_classes[place, label] - found.of_classes[place, rival]
            lost = losses(model, test.images[row], train.images, label, rival, told.shape)
            agreement = np.corrcoef(told.ravel(), lost.ravel())[0, 1]
            print(f"image {test.index[row]}, {label} against {rival}, {name}: correlation {agreement:.2f}")
            print(f"  map  {told.round(1).tolist()}\n  lost {lost.round(1).tolist()}")


def explained(results: Path) -> Iterator[tuple]:
    files = [ROOT / "config.yaml", *sorted(ROOT.glob("experiments/*.yaml"))]
    experiment = load(*(Source(str(file), read(file)) for file in files)).experiments[results.name]
    for path in sorted(results.glob("*/seed0/explanations.npz")):
        found = read_explanations(path)
        if found.latents.size:
            spec = Spec.model_validate(facts_of(results.name, experiment, found.meta["model"]))
            yield found.meta["model"], models.load(spec, path.with_name("params.msgpack")), found


def losses(model, image: np.ndarray, others: np.ndarray, label: int, rival: int, shape: tuple[int, int]) -> np.ndarray:
    """[rows, columns]: what the gap loses on average where the pixels of a place are those of other images."""
    chosen = others[np.random.default_rng(0).choice(len(others), REPLACED)] + 0.5

    @jax.jit
    def gaps(x):
        logits = jax.vmap(lambda one: model.logits(one, jax.random.key(0)))(x)
        return logits[:, label] - logits[:, rival]

    lost, (rows, columns) = np.zeros(shape), (side // places for side, places in zip(image.shape, shape, strict=False))
    whole = float(gaps(jnp.asarray(image[None] + 0.5, jnp.float32))[0])
    for row, column in np.ndindex(shape):
        replaced = np.repeat(image[None] + 0.5, REPLACED, axis=0)
        where = np.s_[:, rows * row : rows * (row + 1), columns * column : columns * (column + 1)]
        replaced[where] = chosen[where]
        lost[row, column] = whole - float(gaps(jnp.asarray(replaced, jnp.float32)).mean())
    return lost


if __name__ == "__main__":
    main()
