"""Import a dataset of one's own: a folder of images or an .npz -> all its images, those for tests last."""

from collections.abc import Sequence
from pathlib import Path

from sbgc import artifacts
from sbgc.data.formats import arrays, folder
from sbgc.data.labeled import as_split
from sbgc.steps.command import parse, run


def main(argv: Sequence[str] | None = None) -> None:
    """Read --path as --dataset (JSON, the config's dataset section) describes it."""
    args = parse(__doc__, argv, path=Path, dataset=Path, out=Path)
    settings = artifacts.read_json(args.dataset)
    shape = tuple(settings["image_shape"])
    found = folder.read(args.path, shape) if args.path.is_dir() else arrays.read(args.path)
    for what, value, allowed in (
        ("image_shape", list(found.images.shape[1:]), list(shape)),
        ("num_classes", int(found.labels.max()) + 1, settings["num_classes"]),
        ("smallest label", int(found.labels.min()), 0),
    ):
        if value != allowed:
            raise artifacts.ArtifactError(f"{args.path}: {what} is {value}, expected {allowed}")
    if found.images.max() >= settings["levels"]:
        most = settings["levels"] - 1
        raise artifacts.ArtifactError(f"{args.path}: grey level {found.images.max()}, expected at most {most}")
    artifacts.write_split(args.out, as_split(found, settings["name"], settings["levels"]))


if __name__ == "__main__":
    run(main)
