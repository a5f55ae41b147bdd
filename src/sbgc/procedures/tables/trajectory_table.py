"""The ways of attacks through latent space, in the plane of three centers (Mackowiak et al. 2021, figure 6)."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float

from sbgc.artifacts import ArtifactError
from sbgc.procedures.attacks.trajectory import in_plane

CORNERS = ("own", "reached", "next")


def trajectory_rows(
    latents: Float[np.ndarray, "steps dim"],
    centers: Float[np.ndarray, "classes dim"],
    label: int,
    margins: Float[np.ndarray, " steps"],
    class_names: Sequence[str],
    confidence: float,
) -> pd.DataFrame:
    """A row for each step of one image's way: its place, its margin, and whether that is enough.

    along, aside: in the plane through the centers of the own class, of the one that the last latent is nearest to, and
    of the one that is nearest after these two; in deviations of a class, from the own center. Their places and names
    are the same in all rows. crossing, confident: where along the axis the two first classes are equally probable, and
    where the second leads by `confidence` nats. Raises ArtifactError where three centers lie on a line.
    """
    order = [one for one in np.argsort(((centers - latents[-1]) ** 2).sum(axis=1), kind="stable") if one != label]
    corners = [label, *order[:2]]
    try:
        places, middle = (in_plane(centers[corners], points) for points in (latents, centers[corners]))
    except ValueError as error:
        raise ArtifactError(str(error)) from error
    length = middle[1, 0]
    facts: dict[str, Any] = {"label": label, "confidence": confidence, "step": np.arange(len(latents))}
    facts |= {"along": places[:, 0], "aside": places[:, 1], "margin": margins, "enough": margins >= confidence}
    facts |= {"crossing": 0.5 * length, "confident": 0.5 * length + confidence / length}
    for name, number, (x, y) in zip(CORNERS, corners, middle, strict=True):
        called = str(class_names[number]) if number < len(class_names) else str(number)
        facts |= {f"{name}_name": called, f"{name}_along": x, f"{name}_aside": y}
    return pd.DataFrame(facts)
