"""Export a training for others: parameters + how they were made + test results -> a file of weights and its card."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sbgc import artifacts
from sbgc.config.spec import Spec
from sbgc.procedures.paper import model_card
from sbgc.procedures.training import given_weights
from sbgc.steps.command import parse, run


def main(argv: Sequence[str] | None = None) -> None:
    """Write the averaged variables with all settings, and a model card in Markdown that names the file's hash."""
    paths: dict[str, Any] = {"params": Path, "throughput": [Path], "metrics": Path, "out": Path, "card": Path}
    args = parse(__doc__, argv, spec=Spec.model_validate_json, seed=int, **paths)
    segments = [artifacts.read_json(path) for path in args.throughput]
    facts = model_card.facts(args.spec, args.seed, segments)
    with artifacts.reading(args.params) as file:
        weights = given_weights.exported(file.read_bytes(), args.spec, facts)
    artifacts.write_weights(args.out, weights)
    page = model_card.page(weights, args.out, artifacts.read_table(args.metrics))
    with artifacts.atomic_path(args.card) as temporary:
        temporary.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    run(main)
