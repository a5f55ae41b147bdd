"""Where an image's latent lies among the centers of its most probable classes (Mackowiak et al. 2021, figure 3).

The horizontal axis runs through the centers of the two most probable classes and begins at the first. The vertical axis
is the distance from it in the space that the centers of the five most probable classes span. Classes are Gaussians of
unit variance, so that both axes have their standard deviation as unit.
"""

import math
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from scipy import stats

TOP = 5  # classes whose centers span the space
Points = Float[np.ndarray, "points dim"]
Centers = Float[np.ndarray, "classes dim"]


class Place(NamedTuple):
    """Coordinates of points, each [points]: along the axis, and the distance from it, which is at least 0."""

    along: Float[np.ndarray, " points"]
    radial: Float[np.ndarray, " points"]


class Circle(NamedTuple):
    """Half axes of what is drawn as a circle: each direction by itself holds that share of a class's latents."""

    along: float
    radial: float


def span(centers: Centers) -> Float[np.ndarray, "dim rank"]:
    """An orthonormal basis [dim, rank] of what the centers span: class differences depend on nothing outside it."""
    left, values, _ = np.linalg.svd(centers.T, full_matrices=False)
    return left[:, values > 1e-7 * values.max(initial=1e-30)]


def places(top: Centers, points: Points) -> Place:
    """Where points lie, from the centers of the most probable classes, the most probable one first.

    What points have outside the space of these centers does not count. Raises ValueError where the first two centers
    are one point, through which no axis runs.
    """
    basis = span(top)
    length = float(np.linalg.norm(top[1] - top[0]))
    if length == 0.0:
        raise ValueError("the two most probable classes have one center")
    within = (points - top[0]) @ basis
    along = within @ ((top[1] - top[0]) @ basis / length)
    return Place(along, np.sqrt(np.maximum((within**2).sum(axis=1) - along**2, 0.0)))


def circle(dimensions: int, share: float = 0.9) -> Circle:
    """The circle of a class on the axis, in a space of that many dimensions.

    Along the axis a latent is normal around its center, and its distance from the axis has a chi distribution with a
    degree of freedom less than the space has dimensions; in a space of one dimension there is no distance.
    """
    radial = math.sqrt(stats.chi2.ppf(share, dimensions - 1)) if dimensions > 1 else 0.0
    return Circle(float(stats.norm.ppf(0.5 * (1.0 + share))), radial)
