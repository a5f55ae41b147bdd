"""Generate the JSON schema of config.yaml from sbgc.config."""

from collections.abc import Sequence
from pathlib import Path

from sbgc import artifacts
from sbgc.config.schema import json_schema
from sbgc.steps.command import parse, run


def main(argv: Sequence[str] | None = None) -> None:
    """Write the schema; equal models give equal bytes."""
    args = parse(__doc__, argv, out=Path)
    artifacts.write_json(args.out, json_schema())


if __name__ == "__main__":
    run(main)
