"""log p(x) and the classes between pairs of images: matrices -> two tidy tables."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from sbgc import artifacts
from sbgc.config.spec import Statistics
from sbgc.procedures.tables import interpolation_table, matrices
from sbgc.steps.command import parse, run


def main(argv: Sequence[str] | None = None) -> None:
    """Write the points, and which share of whole paths passes for images, of each model and seed.

    --tests: matrices of the test images by the same models. --accepted: the share of them that the
    threshold lets pass.
    """
    options: dict[str, Any] = {"matrices": [Path], "tests": [Path], "points": Path, "paths": Path, "accepted": float}
    args = parse(__doc__, argv, settings=Statistics.model_validate_json, **options)
    tests = {matrices.of_model(test): test for test in map(matrices.read, args.tests)}
    both = [(lines, tests[matrices.of_model(lines)]) for lines in map(matrices.read, args.matrices)]
    for makes, out in (
        (interpolation_table.interpolation_table, args.points),
        (interpolation_table.paths_table, args.paths),
    ):
        found = [makes(lines, test, args.accepted, args.settings) for lines, test in both]
        artifacts.write_table(out, pd.concat(found, ignore_index=True))


if __name__ == "__main__":
    run(main)
