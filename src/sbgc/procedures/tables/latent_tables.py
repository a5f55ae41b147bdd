"""What the centers of classes say: where images lie among them, and how alike classes are (Mackowiak et al. 2021, 4.2).

Classes are told by their names, or by their numbers where the data have no names.
"""

from typing import Any

import numpy as np
import pandas as pd

from sbgc.artifacts import ArtifactError
from sbgc.artifacts.explanations import Explanations
from sbgc.keys import generator_for
from sbgc.maths import class_similarity, decision_space, metrics
from sbgc.procedures.tables.matrices import IDENTITY, grid_errors


def decision_table(found: Explanations) -> pd.DataFrame:
    """One row for each image and each of its five most probable classes (figure 3); lengths are in a class's deviation.

    Beside a class's center stand the image's own place, which is the same in all its rows, and the half axes of the
    circles around the centers on the axis. Raises ArtifactError for a model without latents, or where the two best
    classes of an image have one center.
    """
    _check(found)
    posterior = np.exp(metrics.log_posterior(found.scores))
    rows: list[dict[str, Any]] = []
    for image, (z, index, label) in enumerate(zip(found.latents, found.index, found.labels, strict=True)):
        best = np.argsort(-posterior[image], kind="stable")[: decision_space.TOP]
        top = found.centers[best]
        try:
            centers, own = decision_space.places(top, top), decision_space.places(top, z[None])
        except ValueError as error:
            raise ArtifactError(f"{found.meta['model']}, image {index}: {error}") from error
        dimensions = decision_space.span(top).shape[1]
        radii = decision_space.circle(dimensions)
        for rank, one in enumerate(best):
            facts = {"index": index, "label": label, "label_name": called(found, label), "rank": rank + 1}
            facts |= {"class": one, "class_name": called(found, one), "posterior": posterior[image, one]}
            facts |= {"center_along": centers.along[rank], "center_radial": centers.radial[rank]}
            facts |= {"image_along": own.along[0], "image_radial": own.radial[0]}
            rows.append(facts | {"circle_along": radii.along, "circle_radial": radii.radial, "dimensions": dimensions})
    return identified(found, rows)


def similarity_table(found: Explanations, samples: int, seed: int) -> pd.DataFrame:
    """One row for each ordered pair of classes (figure 4): distance, expected posterior of the second, and its check.

    sampled_posterior: the same as a mean over `samples` latents of each of the two classes, with its standard error.
    Raises ArtifactError for a model without latents.
    """
    _check(found)
    distance = class_similarity.distances(found.centers)
    expected = class_similarity.expected_posterior(distance)
    random = generator_for(seed, "class similarity")
    sampled = class_similarity.sampled_posterior(found.centers, samples, random)
    first, second = np.nonzero(~np.eye(len(distance), dtype=bool))
    names = np.array([called(found, one) for one in range(len(distance))], object)
    columns: dict[str, Any] = {
        "first_class": first,
        "first_name": names[first],
        "second_class": second,
        "second_name": names[second],
    }
    columns |= {"distance": distance[first, second], "expected_posterior": expected[first, second]}
    columns |= {"sampled_posterior": sampled.mean[first, second]}
    columns |= {"sampled_standard_error": sampled.error[first, second], "samples": samples}
    return pd.DataFrame(_identity(found) | columns | _facts(found))


def identified(found: Explanations, rows: list[dict[str, Any]]) -> pd.DataFrame:
    """The rows as a tidy table of the model, with the number of draws and of images, and what its grid errs by."""
    return pd.DataFrame([_identity(found) | row | _facts(found) for row in rows])


def _identity(found: Explanations) -> dict[str, Any]:
    return {name: found.meta[name] for name in IDENTITY}


def _facts(found: Explanations) -> dict[str, Any]:
    return {"draws": found.meta["draws"], "num_images": len(found)} | grid_errors(found.meta.get("grid"))


def called(found: Explanations, one: int | np.integer) -> str:
    """What a class is called."""
    names = found.meta["class_names"]
    return str(names[one]) if one < len(names) else str(one)


def _check(found: Explanations) -> None:
    if not found.latents.size:
        raise ArtifactError(f"{found.meta['model']}: has no latents")
