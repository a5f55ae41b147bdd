"""How each kind of model explains an image: a page a kind, for the kinds whose log p(x|y) is a sum over places.

A page offers `parts(model, split, seed)`, the means over draws of log p(x|y) by place. Pages are imported by the name
of their kind, and apart from models/, so that an edit of an explanation scores nothing anew.
"""

import importlib
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float


class Parts(NamedTuple):
    """log p(x|y) in nats by place, of dequantized images: the mean over the draws of each.

    of_classes: up to a map that all classes share. shared: that map, of all pixels, so that the sums of both add up to
    log p(x|y); None where it is not known by place.
    """

    of_classes: Float[np.ndarray, "images classes rows columns"]
    shared: Float[np.ndarray, "images height width"] | None


def page(kind: str) -> Any:
    """The module of a kind."""
    return importlib.import_module(f"sbgc.explaining.{kind}")
