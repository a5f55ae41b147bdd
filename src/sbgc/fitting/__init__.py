"""How each kind of model is fitted: a page a kind, apart from what is evaluated, so that their code digests are apart.

A page offers `trainer(spec) -> Trainer` where the kind is fitted by descent, and `fit(spec, split) -> arrays` where it
is fitted at once. Pages are imported by the name of their kind.
"""

import importlib
from typing import Any


def page(kind: str) -> Any:
    """The module of a kind."""
    return importlib.import_module(f"sbgc.fitting.{kind}")
