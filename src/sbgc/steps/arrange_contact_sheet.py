"""One image under every corruption and severity: clean and corrupted splits -> a small split for a figure."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from sbgc import artifacts
from sbgc.artifacts import ArtifactError, Split
from sbgc.steps.command import parse, run


def main(argv: Sequence[str] | None = None) -> None:
    """Write the first image of --clean, then the same image of each of --corrupted at all severities."""
    args = parse(__doc__, argv, clean=Path, corrupted=[Path], out=Path)
    clean = artifacts.read_split(args.clean).take(slice(1))
    found = [_same_image(path, clean.index[0]) for path in args.corrupted]
    columns = {
        "corruption": np.array(["clean", *(split.meta["corruption"] for split in found for _ in range(len(split)))]),
        "severity": np.concatenate([[0], *(split.columns["severity"] for split in found)]),
    }
    rows = np.zeros(len(columns["severity"]), int)
    images = np.concatenate([clean.images, *(split.images for split in found)])
    meta = clean.meta | {"corruption_source": " and ".join(sorted({s.meta["corruption_source"] for s in found}))}
    artifacts.write_split(args.out, Split(images, clean.labels[rows], clean.index[rows], columns, meta))


def _same_image(path: Path, index: int) -> Split:
    split = artifacts.read_split(path)
    if not (split.index == index).any():
        raise ArtifactError(f"{path}: does not hold image {index}, the first of the clean split")
    return split.take(split.index == index)


if __name__ == "__main__":
    run(main)
