"""List ImageNet's pictures: a folder in ILSVRC's layout + settings -> which pictures each split is made of."""

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from sbgc.artifacts.listings import write_listing
from sbgc.config.experiment import Dataset
from sbgc.data import pictures
from sbgc.data.formats import ilsvrc
from sbgc.steps.command import parse, run


def main(argv: Sequence[str] | None = None) -> None:
    """Write the pictures of the three splits that --dataset (JSON, the config's section) asks for; none is opened."""
    paths = {"train": Path, "validation": Path, "test": Path}
    args = parse(__doc__, argv, folder=str, dataset=Dataset.model_validate_json, **paths)
    settings = args.dataset
    found = ilsvrc.read(pictures.folder_given(args.folder), settings.num_classes)
    for part, labels in zip(("train", "val"), np.split(found.labels, [-found.official_test]), strict=True):
        counts = np.bincount(labels, minlength=settings.num_classes)
        print(f"{part}: {len(labels):,} pictures, {counts.min()} to {counts.max()} of a class", file=sys.stderr)
    facts = settings.model_dump(mode="json", include={"levels", "image_shape", "num_classes"})
    listings = pictures.listings(
        found, settings.validation, settings.test, settings.seed, {"dataset": settings.name, **facts}
    )
    for name, listing in listings.items():
        write_listing(getattr(args, name), listing)


if __name__ == "__main__":
    run(main)
