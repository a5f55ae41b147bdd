"""Split a dataset: all its images + settings -> train, validation and test splits."""

from collections.abc import Sequence
from pathlib import Path

from sbgc import artifacts
from sbgc.data import splits
from sbgc.data.labeled import Labeled
from sbgc.steps.command import parse, run


def main(argv: Sequence[str] | None = None) -> None:
    """Write the three splits of --images that --dataset (JSON, the config's dataset section) asks for."""
    args = parse(__doc__, argv, images=Path, dataset=Path, train=Path, validation=Path, test=Path)
    settings, whole = artifacts.read_json(args.dataset), artifacts.read_split(args.images)
    meta = {"dataset": settings["name"]} | {name: settings[name] for name in ("levels", "image_shape", "num_classes")}
    dataset = Labeled(whole.images, whole.labels, whole.meta["official_test"])
    cut = splits.cut(dataset, settings["validation"], settings["test"], settings["seed"], meta)
    for name, split in cut.items():
        artifacts.write_split(getattr(args, name), split)


if __name__ == "__main__":
    run(main)
