"""JSON: settings, specs, manifests."""

import json
from pathlib import Path
from typing import Any

from sbgc.artifacts.atomic import atomic_path
from sbgc.artifacts.errors import ArtifactError, one_line, reading


def write_json(path: str | Path, value: object) -> None:
    """Write JSON with sorted keys; equal values give equal bytes."""
    with atomic_path(path) as temporary:
        temporary.write_text(json.dumps(value, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def read_json(path: str | Path) -> Any:
    """Read JSON. Raises ArtifactError when the file holds something else."""
    with reading(path) as file:
        try:
            return json.loads(file.read_text(encoding="utf-8"))
        except (ValueError, RecursionError) as error:  # not UTF-8, not JSON, or nested without end
            raise ArtifactError(f"not JSON: {one_line(error)}") from error
