"""Images among the centers of classes, and how alike these are: explanations -> two tidy tables."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from sbgc import artifacts
from sbgc.artifacts.explanations import read_explanations
from sbgc.procedures.tables import latent_tables
from sbgc.steps.command import parse, run


def main(argv: Sequence[str] | None = None) -> None:
    """Write both tables of all models and seeds. --samples: latents of each class, by the noise of --seed."""
    numbers = {"samples": int, "seed": int}
    args = parse(__doc__, argv, explanations=[Path], decision_space=Path, class_similarity=Path, **numbers)
    every = [read_explanations(path) for path in args.explanations]
    decisions = [latent_tables.decision_table(found) for found in every]
    similarities = [latent_tables.similarity_table(found, args.samples, args.seed) for found in every]
    artifacts.write_table(args.decision_space, pd.concat(decisions, ignore_index=True))
    artifacts.write_table(args.class_similarity, pd.concat(similarities, ignore_index=True))


if __name__ == "__main__":
    run(main)
