"""`python -m sbgc` and `sbgc`: the commands for models that an experiment has trained."""

import sys
from collections.abc import Sequence

USAGE = """usage: sbgc classify IMAGE... --experiment NAME

`sbgc classify --help` says the rest. Tables and figures are made by snakemake (README.md)."""


def main(argv: Sequence[str] | None = None) -> None:
    """Hand the arguments to the command that comes first in them; exit status 2 where there is none."""
    given = list(sys.argv[1:] if argv is None else argv)
    if given[:1] == ["classify"]:
        from sbgc.cli import classify  # here, since it loads JAX

        sys.exit(classify.main(given[1:]))
    if given in (["--help"], ["-h"]):
        print(USAGE)
        sys.exit(0)
    sys.exit(_refused(given))


def _refused(given: list[str]) -> int:
    found = f"no such command: {given[0]}" if given else "a command is missing"
    print(f"sbgc: {found}\n{USAGE}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    main()
