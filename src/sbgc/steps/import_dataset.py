"""Import a dataset of one's own: a folder of images or an .npz -> all its images, those for tests last."""

import sys
from collections.abc import Sequence
from pathlib import Path

from sbgc import artifacts
from sbgc.data import own
from sbgc.steps.command import parse, run


def main(argv: Sequence[str] | None = None) -> None:
    """Read --path as --dataset (JSON, the configuration's section `dataset`) describes it."""
    args = parse(__doc__, argv, path=Path, dataset=Path, out=Path)
    settings = artifacts.read_json(args.dataset)
    shape, classes = tuple(settings["image_shape"]), settings["num_classes"]
    found = own.read(args.path, settings["name"], shape, classes, settings["levels"], _say)
    artifacts.write_split(args.out, found)


def _say(line: str) -> None:
    print(line, file=sys.stderr)


if __name__ == "__main__":
    run(main)
