"""The card of exported weights (Mitchell et al. 2019): what they are, how they were made, how good they are."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from sbgc.artifacts import Weights, reading
from sbgc.config.spec import Spec
from sbgc.kinds import KINDS
from sbgc.procedures.paper.summary import METRICS
from sbgc.procedures.paper.table_writer import grid

LIMITS = (
    "The weights give log p(x|y) and class scores of images like those they were trained on. They were not tested for "
    "any use beyond research. Scores of images from other sources, or of resized ones, mean little."
)


def facts(spec: Spec, seed: int, segments: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """How a training was made, from the manifests of its segments."""
    first = segments[0]
    return {
        "experiment": spec.experiment,
        "model": spec.model,
        "seed": seed,
        "steps": sum(one["steps"] for one in segments),
        "commit": sorted({one["commit"] for one in segments}),
        "device": sorted({one["device"] for one in segments}),
        "versions": first["versions"],
    }


def page(weights: Weights, file: Path, metrics: pd.DataFrame) -> str:
    """The card in Markdown. metrics: of the experiment, of which those of the test split are told."""
    made, images = weights.facts, weights.images
    with reading(file) as path, path.open("rb") as stream:
        sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
    size = "x".join(map(str, images["image_shape"]))
    title = KINDS[weights.settings["kind"]].title
    lines = [
        f"# {title} on {images['name']}, seed {made['seed']}",
        "",
        f"{'An' if title[0] in 'AEIOU' else 'A'} {title} for images of {size} in {images['levels']} grey levels and "
        f"{images['num_classes']} classes, with {_count(weights.variables):,} numbers. "
        f"It was trained for {made['steps']:,} steps at commit "
        f"{', '.join(made['commit'])} on {', '.join(made['device'])}, with jax {made['versions'].get('jax', '?')}.",
        "",
        "## Use",
        "",
        "```yaml",
        "weights:  # of a model, in the place of objective, optimizer and training, which are null",
        f"  file: {file.name}",
        f"  sha256: {sha256}",
        "```",
        "",
        "## Test results",
        "",
        *_results(metrics, made),
        "",
        "## Limits",
        "",
        LIMITS,
        "",
        "## Settings",
        "",
        "```json",
        json.dumps(weights.settings, indent=2, sort_keys=True),
        "```",
    ]
    return "\n".join(lines) + "\n"


def _results(metrics: pd.DataFrame, made: dict[str, Any]) -> list[str]:
    own = (metrics["model"] == made["model"]) & (metrics["seed"] == made["seed"]) & (metrics["evaluation"] == "test")
    rows = []
    for row in metrics[own].itertuples():
        if row.metric in METRICS:
            title, scale, form = METRICS[row.metric]
            value, low, high = (format(scale * end, form) for end in (row.value, row.ci_low, row.ci_high))
            rows.append([title, f"{value} [{low}, {high}]", f"{row.num_images} x {row.draws}"])
    return grid(["quantity", "value, 95 % interval over images", "images x draws"], rows)


def _count(tree: Any) -> int:
    return sum(map(_count, tree.values())) if isinstance(tree, dict) else tree.size
