"""Robustness and the detection of outliers, corruption by corruption (Mackowiak et al. 2021, table 3)."""

from collections.abc import Iterator, Sequence

import pandas as pd

from sbgc.config.spec import Quoted
from sbgc.procedures.paper import notes
from sbgc.procedures.paper.layout import beside_paper, estimate, facts, interval_note
from sbgc.procedures.paper.paper_tables import OF_MAIN, with_unit
from sbgc.procedures.paper.table_writer import Column, Missing, Row, Table
from sbgc.procedures.tables.outlier_tables import MAIN

SHADES = (55.0, 85.0)  # per cent: random or worse up to the first, good from the second on (the paper's colors)
METHOD = Column("method", "score of an outlier")
CLEAN = Column("clean_error_percent", "clean error %", ".1f")
MEAN = Column("main_corruptions_auroc_percent", "OoD: mean over the main corruptions", ".1f", SHADES)
PAPER = {
    "clean_error": Column("paper_clean_error_percent", "paper: clean error %", ".2f"),
    "mce": Column("paper_mce_percent", "paper: mCE %", ".1f"),
    "relative_mce": Column("paper_relative_mce_percent", "paper: relative mCE %", ".0f"),
    "entropy_increase": Column("paper_entropy_increase", "paper: increase of entropy", ".2f"),
    "auroc": Column("paper_auroc_percent", "paper: OoD, mean", ".1f", SHADES),
}
SCORES = {
    "typicality": "typicality, two-sided",
    "likelihood": "-log p(x)",
    "class_likelihood": "-max log p(x|y)",
    "complexity": "-log2 p(x) - PNG bits",
}
AREAS = (
    "OoD is the area under the ROC curve, in per cent, with clean test images against outliers: 50 is guessing, and "
    "below 50 outliers look more typical than test images. Intervals of the other columns are in outliers.parquet."
)
MARKS = "Marks are the paper's: good from 85 (bold), some detection above 55, random or worse up to 55 (italic)."
METHODS = (
    "Typicality is how far log p(x) is from its mean over training images. The complexity-corrected score is that of "
    "Serrà et al. 2020, with PNG as the compressor."
)


def outlier_table(outliers: pd.DataFrame, means: pd.DataFrame | None, quoted: Sequence[Quoted]) -> Table:
    """A row for each density and each score of outliers, and one for each classifier; then what the paper printed.

    means: the means over corruptions, where there are any.
    """
    of_set = {name: _area(name) for name in outliers["set"].unique() if name != MAIN}
    others = pd.DataFrame({"model": []}) if means is None else means[~means["model"].isin(outliers["model"])]
    rows: list[Row] = []
    for model in outliers["model"].unique():
        rows += _rows(str(model), outliers[outliers["model"] == model], means, of_set)
    nothing = dict.fromkeys((METHOD.name, MEAN.name, *(one.name for one in of_set.values())), Missing.NOT_APPLICABLE)
    for model, classifier in others.groupby("model", sort=False):
        rows.append(facts(str(model), classifier) | _robustness(str(model), means) | nothing)
    printed = {str(name): _printed(name) for row in quoted for name in row.detection}
    columns = [METHOD, CLEAN, *OF_MAIN.values(), MEAN, *of_set.values()]
    below = [interval_note(outliers, "of the area, one that knows which images are made of one another"), AREAS, MARKS]
    below += [METHODS] + ([] if means is None else notes.of_corruptions(means, None))
    return beside_paper("Outliers: robustness and detection", columns, PAPER | printed, rows, quoted, below)


def _rows(model: str, mine: pd.DataFrame, means: pd.DataFrame | None, of_set: dict[str, Column]) -> Iterator[Row]:
    """The first row of a model has its robustness, which is the same by any score."""
    robust: Row = _robustness(model, means)
    for method in mine["method"].unique():
        found = mine[mine["method"] == method]
        main = found[found["set"] == MAIN]
        areas: Row = {column.name: _value(found[found["set"] == name]) for name, column in of_set.items()}
        scored: Row = {METHOD.name: SCORES[method], MEAN.name: estimate(main, "auroc", 100.0)}
        known = facts(model, found.drop_duplicates("seed").assign(num_images=found["num_clean"]))
        yield known | robust | scored | areas
        robust = dict.fromkeys(robust, Missing.NOT_APPLICABLE)


def _robustness(model: str, means: pd.DataFrame | None) -> Row:
    columns = [CLEAN, *OF_MAIN.values()]
    if means is None:
        return dict.fromkeys((column.name for column in columns), Missing.NOT_RUN)
    mine = means[means["model"] == model]
    clean, main = (mine[mine["average"] == average] for average in ("clean", "main"))
    ends = {"accuracy": "error", "accuracy_ci_low": "ci_high", "accuracy_ci_high": "ci_low"}
    errors = clean.assign(**{end: 1.0 - clean[column] for column, end in ends.items()})
    row: Row = {CLEAN.name: estimate(errors, "error", 100.0)}
    return row | {column.name: with_unit(main, quantity, column.name) for quantity, column in OF_MAIN.items()}


def _area(name: str) -> Column:
    return Column(f"{name}_auroc_percent", name.replace("_", " "), ".1f", SHADES)


def _printed(name: str) -> Column:
    return Column(f"paper_{name}_auroc_percent", f"paper: {name.replace('_', ' ')}", ".1f", SHADES)


def _value(rows: pd.DataFrame) -> float | Missing:
    return float(100.0 * rows["auroc"].mean()) if len(rows) else Missing.NOT_RUN
