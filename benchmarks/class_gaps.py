"""Decisions between classes by estimator: accuracy, noise of a class gap, and evaluations of the network, and races.

    snakemake --cores all --config experiment=cifar10_small
    python benchmarks/class_gaps.py record --results results/cifar10_small --estimator "fast 30" --images 200 --draws 8
    python benchmarks/class_gaps.py report --results results/cifar10_small --out benchmarks/results/class_gaps.json

`record` writes the class scores of the first test images block by block, below RESULTS/class_gaps, and goes on where
it was stopped, or with more draws. With --part K/N it takes every N-th block, so that several processes share the work.
Classes that lie more than --reach behind the leader after SCREENED draws get no further ones: no draw would bring them
back. What took hours is kept in benchmarks/results/class_gaps.npz: `keep` puts the blocks of RESULTS there, and
`record` begins with those of the same network.

`report` compares the estimators on the images that all of them have. A race reads the recorded draws as if it had asked
for them (procedures/racing), screened by another estimator, and learns the variances from images that do not race.
"""

import argparse
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import class_gaps_report
import numpy as np
from class_gaps_report import BLOCK, SCREENED, Blocks
from runs import Run, as_a_step

from sbgc import artifacts, provenance
from sbgc.config.likelihoods import Elbo, Fast, Likelihood
from sbgc.progress import progress_bar

PAIRS = 20  # of an image and a class, at a time
KEPT = Path(__file__).parent / "results" / "class_gaps.npz"
LIKELIHOODS: dict[str, Callable[[int], Likelihood]] = {
    "fast": lambda nodes: Fast(procedure="fast", nodes=nodes, num_probes=1, family="hadamard"),
    "elbo": lambda samples: Elbo(procedure="elbo", samples=samples, levels="even"),
    "gaps": lambda samples: Elbo(procedure="elbo", samples=samples, levels="gaps"),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=("record", "keep", "report"))
    parser.add_argument("--results", type=Path, required=True)
    parser.add_argument("--estimator", help="'fast NODES', 'elbo SAMPLES', 'gaps SAMPLES'; in a report, what races")
    parser.add_argument("--images", type=int, default=200)
    parser.add_argument("--draws", type=int, default=8)
    parser.add_argument("--reach", type=float, default=20.0, help="nats")
    parser.add_argument("--part", default="0/1")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--figure", type=Path)
    args = parser.parse_args()
    as_a_step()
    run = Run(args.results)
    if args.command == "record":
        take_over(run)
        record(run, args)
    elif args.command == "keep":
        keep(run)
    else:
        result = class_gaps_report.report(run.name, recorded(run), args.estimator or "fast 30")
        print(json.dumps(result, indent=2))
        if args.out:
            manifest = provenance.manifest(["sbgc.maths.fixed_grid", "sbgc.procedures.racing.races"])
            artifacts.write_json(args.out, result | {"manifest": manifest})
        if args.figure:
            class_gaps_report.draw(result, args.figure)


def likelihood_of(estimator: str) -> Likelihood:
    """The settings that an estimator's name says."""
    name, number = estimator.split()
    return LIKELIHOODS[name](int(number))


def record(run: Run, args: argparse.Namespace) -> None:
    """Class scores [BLOCK, classes, draws] of each block, NaN where a class was out of reach; and nfe."""
    from sbgc.procedures.scoring import bayes

    folder = folder_of(run, args.estimator)
    folder.mkdir(parents=True, exist_ok=True)
    part, parts = map(int, args.part.split("/"))
    split = run.split("test", args.images, args.draws)
    model = run.model(likelihood_of(args.estimator))
    scores = bayes.pair_scores(model, split, 0, PAIRS)
    waiting = [first for first in range(0, args.images, BLOCK) if first // BLOCK % parts == part]
    before = read(folder)
    waiting = [first for first in waiting if first not in before or before[first]["nfe"].shape[2] < args.draws]
    with progress_bar(len(waiting), args.estimator, "block") as bar:
        for first in waiting:
            rows = np.arange(first, min(first + BLOCK, args.images))
            value, nfe = block(scores, rows, model.num_classes, args, before.get(first))
            with artifacts.atomic_path(folder / f"{first}.npz") as temporary, temporary.open("wb") as stream:
                np.savez(stream, scores=value, nfe=nfe, labels=split.labels[rows])
            bar.update()


def block(
    scores: Any, rows: np.ndarray, classes: int, args: argparse.Namespace, before: dict[str, np.ndarray] | None
) -> tuple[np.ndarray, np.ndarray]:
    """The scores and nfe of some images; `before`: those of fewer draws."""
    value, nfe = np.full((len(rows), classes, args.draws), np.nan), np.zeros((len(rows), classes, args.draws), int)
    known = 0 if before is None else before["nfe"].shape[2]
    if before is not None:
        value[:, :, :known], nfe[:, :, :known] = before["scores"], before["nfe"]
    first = min(SCREENED, args.draws)
    for start, stop, everyone in ((0, first, True), (first, args.draws, False)):
        means = value[:, :, :first].mean(axis=2)
        near = everyone | (means >= means.max(axis=1, keepdims=True) - args.reach)
        wanted = np.repeat(near[:, :, None], stop - start, axis=2)
        image, label, draw = np.nonzero(wanted & (np.arange(start, stop) >= known))
        if len(image):
            value[image, label, draw + start], nfe[image, label, draw + start] = scores(
                rows[image], label, draw + start
            )
    return value, nfe


def folder_of(run: Run, estimator: str) -> Path:
    """Where an estimator's blocks are."""
    return run.results / "class_gaps" / estimator.replace(" ", "_")


def read(folder: Path) -> Blocks:
    """Blocks by their first image."""
    blocks = {}
    for path in folder.glob("*.npz"):
        with np.load(path, allow_pickle=False) as file:
            blocks[int(path.stem)] = dict(file)
    return blocks


def recorded(run: Run) -> dict[str, Blocks]:
    """The blocks of each estimator."""
    folders = sorted((run.results / "class_gaps").iterdir())
    return {folder.name.replace("_", " "): read(folder) for folder in folders}


def network(run: Run) -> str:
    """A digest of the parameters that the scores are of."""
    return hashlib.sha256((run.folder / "params.msgpack").read_bytes()).hexdigest()


def keep(run: Run) -> None:
    """Write all blocks into one file, with the digest of their network."""
    arrays: dict[str, Any] = {
        f"{estimator}/{first}/{name}": array
        for estimator, blocks in recorded(run).items()
        for first, block in sorted(blocks.items())
        for name, array in block.items()
    }
    with artifacts.atomic_path(KEPT) as temporary, temporary.open("wb") as stream:
        np.savez_compressed(stream, network=network(run), **arrays)


def take_over(run: Run) -> None:
    """Lay the kept blocks of the same network into RESULTS, where none are."""
    if not KEPT.exists():
        return
    with np.load(KEPT, allow_pickle=False) as file:
        if file["network"].item() != network(run):
            return
        for estimator, first in dict.fromkeys(tuple(key.split("/")[:2]) for key in file if "/" in key):
            path = folder_of(run, estimator) / f"{first}.npz"
            if not path.exists():
                path.parent.mkdir(parents=True, exist_ok=True)
                block = {name: file[f"{estimator}/{first}/{name}"] for name in ("scores", "nfe", "labels")}
                with artifacts.atomic_path(path) as temporary, temporary.open("wb") as stream:
                    np.savez(stream, **block)


if __name__ == "__main__":
    main()
