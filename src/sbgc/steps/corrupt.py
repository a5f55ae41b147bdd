"""Corrupt the first images of a split at five severities: split -> split."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from sbgc import artifacts
from sbgc.data import cifar10c
from sbgc.data.stacked import read_rows
from sbgc.maths.corruptions import SEVERITIES, corrupt_split
from sbgc.progress import progress_bar
from sbgc.steps.command import parse, run


def main(argv: Sequence[str] | None = None) -> None:
    """Apply --corruption to the first --images of --split, which have --levels grey levels.

    --official is a file of CIFAR-10-C from which the corrupted images are read instead, or `none`.
    """
    numbers = {"images": int, "seed": int, "levels": int}
    args = parse(__doc__, argv, split=Path, corruption=str, official=str, out=Path, **numbers)
    first = read_rows([args.split], [(0, args.images)])
    if args.official == "none":
        with progress_bar(len(SEVERITIES) * len(first), args.corruption, "image") as bar:
            corrupted = corrupt_split(first, args.corruption, args.seed, args.levels, bar.update)
    else:
        corrupted = cifar10c.corrupted(first, args.corruption, Path(args.official))
    facts = {"corruption": args.corruption, "source": corrupted.meta["corruption_source"]}
    columns = corrupted.columns | {name: np.full(len(corrupted), value) for name, value in facts.items()}
    artifacts.write_split(args.out, replace(corrupted, columns=columns))


if __name__ == "__main__":
    run(main)
