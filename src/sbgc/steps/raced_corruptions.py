"""Accuracy under corruptions of all images: races, and matrices of what does not race -> a table of means."""

from collections.abc import Sequence
from pathlib import Path

from sbgc import artifacts
from sbgc.procedures.tables import concatenation, matrices, raced_corruptions, statistics
from sbgc.provenance import manifest
from sbgc.steps.command import parse, run


def main(argv: Sequence[str] | None = None) -> None:
    """Write the means over corruptions.

    --clean: matrices of the clean images, of all models. --matrices: of the corrupted ones, of the models that do not
    race, or `none`. --averages (JSON): which kinds the mean without noises leaves out, and the baseline of mCE.
    --cost (JSON): the estimate that was made before, for the table's manifest.
    """
    files = {"averages": Path, "cost": Path, "settings": Path, "out": Path}
    args = parse(__doc__, argv, races=[Path], clean=[Path], matrices=[str], **files)
    races, averages = concatenation.gather(args.races), artifacts.read_json(args.averages)
    clean = [matrices.read(path) for path in args.clean]
    scored = [matrices.read(Path(path)) for path in args.matrices if path != "none"]
    settings = statistics.read(args.settings)
    means = raced_corruptions.raced_means(races, clean, scored, averages["noises"], averages["baseline"], settings)
    cost = artifacts.read_json(args.cost)
    artifacts.write_table(args.out, means, manifest(["sbgc.steps.raced_corruptions"], estimated_cost=cost))


if __name__ == "__main__":
    run(main)
