"""One image under every corruption and severity: clean and corrupted splits -> a small split for a figure."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from sbgc import artifacts
from sbgc.artifacts import Split
from sbgc.steps.command import parse, run


def main(argv: Sequence[str] | None = None) -> None:
    """Write the first image of --clean, then the same image of each of --corrupted at all severities."""
    args = parse(__doc__, argv, clean=Path, corrupted=[Path], out=Path)
    clean = artifacts.read_split(args.clean).take(slice(1))
    images, kinds, severities = [clean.images], ["clean"], [0]
    for path in args.corrupted:
        split = artifacts.read_split(path)
        split = split.take(split.index == clean.index[0])
        images.append(split.images)
        kinds += [split.meta["corruption"]] * len(split)
        severities += split.columns["severity"].tolist()
    columns = {"corruption": np.array(kinds), "severity": np.array(severities)}
    rows = np.zeros(len(kinds), int)
    meta = clean.meta | {"corruption_source": split.meta["corruption_source"]}
    artifacts.write_split(args.out, Split(np.concatenate(images), clean.labels[rows], clean.index[rows], columns, meta))


if __name__ == "__main__":
    run(main)
