"""What all command lines share: typed paths in, one line on a mistake."""

import argparse
import sys
from collections.abc import Callable, Sequence

from sbgc.artifacts import ArtifactError

OUT_OF_MEMORY = (
    "lower execution.memory_mib or batch_size for an evaluation, batch_size for an attack, "
    "raise training.accumulation for a training"
)
Convert = Callable[[str], object]


def parse(doc: str | None, argv: Sequence[str] | None, **options: Convert | list[Convert]) -> argparse.Namespace:
    """Parse required `--name value` options; options[name] converts the value, [convert] takes one or more values."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, convert in options.items():
        flag = "--" + name.replace("_", "-")
        if isinstance(convert, list):
            parser.add_argument(flag, type=convert[0], nargs="+", required=True)
        else:
            parser.add_argument(flag, type=convert, required=True)
    return parser.parse_args(argv)


def run(main: Callable[[], None]) -> None:
    """Call a step's main; a refused artefact or setting is one line on standard error and exit status 1."""
    try:
        main()
    except (ArtifactError, FloatingPointError, FileNotFoundError) as error:
        sys.exit(f"{_name()}: {error}")
    except RuntimeError as error:  # of XLA, which has no other name for it
        if "RESOURCE_EXHAUSTED" not in str(error):
            raise
        sys.exit(f"{_name()}: out of memory: {OUT_OF_MEMORY}: {' '.join(str(error).split())[:300]}")


def _name() -> str:
    return sys.argv[0].rsplit("/", 1)[-1].removesuffix(".py")
