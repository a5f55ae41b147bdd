"""Make a split of the files that hold its images: its listing + these files -> split."""

from collections.abc import Sequence
from pathlib import Path

from sbgc import artifacts
from sbgc.artifacts import ArtifactError, StoredImages
from sbgc.artifacts.listings import read_listing
from sbgc.steps.command import parse, run


def main(argv: Sequence[str] | None = None) -> None:
    """Write the split beside the folder of --files, which hold --margin pixels around each image."""
    args = parse(__doc__, argv, listing=Path, files=[Path], margin=int, out=Path)
    listing, images = read_listing(args.listing), StoredImages(args.files, args.margin)
    if len(images) != len(listing):
        raise ArtifactError(f"{args.listing}: {len(listing)} pictures, but {len(images)} images in the files")
    names = [str(path.relative_to(args.out.parent)) for path in args.files]
    artifacts.write_stored_split(args.out, listing.labels, listing.index, names, args.margin, listing.meta)


if __name__ == "__main__":
    run(main)
