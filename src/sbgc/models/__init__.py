"""What is evaluated: each page binds a net to a density or a classifier; pages are independent of each other.

A page offers `load(spec, params, likelihood)`, which returns a pytree, so that its weights are arguments of compiled
functions. Of a kind whose log p is estimated, `load` also takes a calibration, and the page offers
`log_prob_flop(spec, likelihood)`. Pages are imported by the name of their kind, so that a result's code digest holds
the one page that it used.
"""

import importlib
from pathlib import Path
from typing import Any

from sbgc.artifacts import Calibration, reading


def page(kind: str) -> Any:
    """The module of a kind."""
    return importlib.import_module(f"sbgc.models.{kind}")


def load(spec: Any, params: Path, likelihood: Any = None, calibration: Calibration | None = None) -> Any:
    """The model of a spec with fitted parameters; `likelihood` says how log p is estimated where it is not exact.

    They are a config.spec.Spec and a config.likelihoods.Likelihood, which pages import, and this module does not: what
    has no settings can be used without pydantic.
    Raises ArtifactError, which names the file of the parameters, when it does not hold those of this model, or when the
    calibration is of other images.
    """
    calibrated = () if calibration is None else (calibration,)
    with reading(params) as file:
        return page(spec.settings.kind).load(spec, file.read_bytes(), likelihood, *calibrated)
