"""Split a dataset: all its images + settings -> train, validation and test splits."""

import sys
from collections.abc import Sequence
from pathlib import Path

from sbgc import artifacts
from sbgc.config.experiment import Dataset
from sbgc.data import splits
from sbgc.data.labeled import from_split
from sbgc.steps.command import parse, run


def main(argv: Sequence[str] | None = None) -> None:
    """Write the three splits of --images that --dataset (JSON, the config's section) asks for."""
    paths = {"images": Path, "train": Path, "validation": Path, "test": Path}
    args = parse(__doc__, argv, dataset=Dataset.model_validate_json, **paths)
    settings, dataset = args.dataset, from_split(artifacts.read_split(args.images))
    facts = settings.model_dump(mode="json", include={"levels", "image_shape", "num_classes"})
    cut = splits.cut(dataset, settings.validation, settings.test, settings.seed, {"dataset": settings.name, **facts})
    if same := cut["test"].meta["duplicates_across_splits"]:
        print(f"{same} test images equal an image of another split to the last pixel", file=sys.stderr)
    for name, split in cut.items():
        artifacts.write_split(getattr(args, name), split)


if __name__ == "__main__":
    run(main)
