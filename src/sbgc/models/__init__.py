"""Each binds a net to a density or a classifier; independent of each other.

A model page offers `load(spec, params)`, and `trainer(spec)` where training is a descent. Pages are imported by the
name of their kind, so that a result's code digest holds the one page it used.
"""

import importlib
from pathlib import Path
from typing import Any

from sbgc.artifacts import ArtifactError, read_json


def page(spec: dict[str, Any]) -> Any:
    """The module of a spec's kind."""
    return importlib.import_module(f"sbgc.models.{spec['settings']['kind']}")


def load(
    spec_path: str | Path, params_path: str | Path, likelihood: dict[str, Any] | None = None, start: float = 0.0
) -> Any:
    """The model of a spec with fitted parameters; `likelihood` is how a score model estimates log p.

    start: sigma / alpha of the noise that images already have, where the flow begins; 0: at the process's t_min.

    Raises ArtifactError when either file is not what it should be.
    """
    spec, params = read_json(spec_path) | {"likelihood": likelihood, "start": start}, Path(params_path).read_bytes()
    try:
        return page(spec).load(spec, params)
    except Exception as error:  # damaged bytes make msgpack, flax and NumPy raise a dozen kinds of error
        reason = " ".join(f"{type(error).__name__} {error}".split())
        raise ArtifactError(f"{params_path}: not parameters of {spec_path}: {reason[:200]}") from error
