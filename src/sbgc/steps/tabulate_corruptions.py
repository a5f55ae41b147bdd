"""Accuracy and log-likelihood under corruptions: clean and corrupted matrices -> two tidy tables."""

from collections.abc import Sequence
from pathlib import Path

from sbgc import artifacts
from sbgc.config.spec import Averages, Statistics
from sbgc.procedures.tables import matrices
from sbgc.procedures.tables.corruption_table import corruption_table, means_table
from sbgc.provenance import manifest
from sbgc.steps.command import parse, run

SETTINGS = {"settings": Statistics.model_validate_json, "averages": Averages.model_validate_json}


def main(argv: Sequence[str] | None = None) -> None:
    """Write --out, one row for each model, seed, corruption and severity, and --means, their means.

    --averages (JSON): which kinds the mean without noises leaves out, and the model that mCE is measured against.
    --cost (JSON, or `none`): the estimate that was made before, for the tables' manifests.
    """
    args = parse(__doc__, argv, clean=[Path], matrices=[Path], cost=str, out=Path, means=Path, **SETTINGS)
    clean, corrupted = ([matrices.read(path) for path in paths] for paths in (args.clean, args.matrices))
    cost = None if args.cost == "none" else artifacts.read_json(args.cost)
    made = manifest(["sbgc.steps.tabulate_corruptions"], estimated_cost=cost)
    artifacts.write_table(args.out, corruption_table(clean, corrupted, args.settings), made)
    averages = args.averages
    means = means_table(clean, corrupted, averages.noises, averages.baseline, args.settings)
    artifacts.write_table(args.means, means, made)


if __name__ == "__main__":
    run(main)
