"""Accuracy under corruptions of all images: races, and matrices of what does not race -> a table of means."""

from collections.abc import Sequence
from pathlib import Path

from sbgc import artifacts
from sbgc.config.spec import Averages, Statistics
from sbgc.procedures.tables import concatenation, matrices, raced_corruptions
from sbgc.provenance import manifest
from sbgc.steps.command import parse, run

SETTINGS = {"settings": Statistics.model_validate_json, "averages": Averages.model_validate_json}


def main(argv: Sequence[str] | None = None) -> None:
    """Write the means over corruptions.

    --clean: matrices of the clean images, of all models. --matrices: of the corrupted ones, of the models that do not
    race, or `none`. --averages (JSON): which kinds the mean without noises leaves out, and the baseline of mCE.
    --cost (JSON): the estimate that was made before, for the table's manifest.
    """
    args = parse(__doc__, argv, races=[Path], clean=[Path], matrices=[str], cost=Path, out=Path, **SETTINGS)
    averages, races = args.averages, concatenation.concatenate(args.races)
    clean = [matrices.read(path) for path in args.clean]
    scored = [matrices.read(Path(path)) for path in args.matrices if path != "none"]
    means = raced_corruptions.raced_means(races, clean, scored, averages.noises, averages.baseline, args.settings)
    made = manifest(["sbgc.steps.tabulate_raced_corruptions"], estimated_cost=artifacts.read_json(args.cost))
    artifacts.write_table(args.out, means, made)


if __name__ == "__main__":
    run(main)
