"""The decision on each image and how certain it is, as tidy tables made from class scores."""

from typing import Any

import numpy as np
import pandas as pd

from sbgc.artifacts import Matrix
from sbgc.maths import uncertainty
from sbgc.procedures.tables import matrices


def decision_table(matrix: Matrix) -> pd.DataFrame:
    """One row per image, for a density with at least two draws.

    winner, rival: the class of highest mean log p(x|y), and the second. gap_nats, gap_std_error_nats: the paired gap
    between them and its standard error. flip_probability: the probability that ever more draws would change the
    decision. nfe: the total over all classes and draws. procedure: that estimated log p(x|y), or "none needed".
    """
    found = uncertainty.decisions(matrix.scores, matrix.meta["strata"])
    table = columns(matrix.meta, matrix.index, matrix.labels, found)
    procedure = (matrix.meta["likelihood"] or {"procedure": "none needed"})["procedure"]
    table = table.assign(draws=matrix.scores.shape[2], nfe=matrix.nfe.sum(axis=(1, 2)), procedure=procedure)
    return matrices.tidy(matrix, table)


def class_table(matrix: Matrix) -> pd.DataFrame:
    """One row per image and class: log p(x|y) in nats, averaged over draws, with its standard error."""
    images, classes, draws = matrix.scores.shape
    columns = {
        "evaluation": matrix.meta["evaluation"],
        "split": matrix.meta["split"],
        "index": np.repeat(matrix.index, classes),
        "label": np.repeat(matrix.labels, classes),
        "class": np.tile(np.arange(classes), images),
        "log_prob_nats": matrix.scores.mean(axis=2).ravel(),
        "log_prob_std_error_nats": uncertainty.log_prob_std_error(matrix.scores, matrix.meta["strata"]).ravel(),
        "draws": draws,
    }
    return matrices.tidy(matrix, pd.DataFrame(columns))


def columns(facts: dict[str, Any], index: np.ndarray, labels: np.ndarray, found: uncertainty.Decisions) -> pd.DataFrame:
    """The columns that a decision has, however it was reached; facts: the evaluation and the split."""
    columns = {
        "evaluation": facts["evaluation"],
        "split": facts["split"],
        "index": index,
        "label": labels,
        "winner": found.winner,
        "rival": found.rival,
        "gap_nats": found.gap,
        "gap_std_error_nats": found.std_error,
        "flip_probability": found.flip,
    }
    return pd.DataFrame(columns)
