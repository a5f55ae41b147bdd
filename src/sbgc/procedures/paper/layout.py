"""A table with two kinds of rows, measured here and quoted from a paper, whose numbers never share a column."""

from collections.abc import Mapping, Sequence

import pandas as pd
from pydantic import TypeAdapter

from sbgc.config.spec import Quoted
from sbgc.procedures.paper.table_writer import Column, Estimate, Missing, Row, Table, listed, over_seeds

read_quoted = TypeAdapter(tuple[Quoted, ...]).validate_json  # JSON -> what papers printed

FACTS = {  # column of the tidy table: column of this one
    "dataset": Column("dataset", "dataset"),
    "split": Column("split", "split"),
    "num_images": Column("num_images", "images"),
    "draws": Column("draws", "draws"),
    "seed": Column("seeds", "seeds"),
}
LEADING = [Column("origin", "origin"), Column("model", "model"), *FACTS.values()]
TRAILING = [Column("paper_source", "source"), Column("paper_note", "note")]
NOTES = [
    "Measured numbers are of the dataset that their row names. Columns that begin with 'paper:' hold numbers that a "
    "paper printed.",
    "Where a model was trained with several seeds, values and ends of intervals are means over the seeds, and sd is "
    "the standard deviation over the seeds.",
]


def beside_paper(
    title: str,
    measured: list[Column],
    paper: Mapping[str, Column],
    rows: list[Row],
    quoted: Sequence[Quoted],
    notes: list[str],
) -> Table:
    """The table: first the measured rows, then the quoted ones. `paper` names the column of each printed quantity."""
    outside = [*paper.values(), *TRAILING]
    ours = [row | {column.name: Missing.NOT_APPLICABLE for column in outside} for row in rows]
    theirs = [_quoted(row, measured, paper) for row in quoted]
    return Table(title, [*LEADING, *measured, *outside], ours + theirs, NOTES + notes)


def facts(model: str, rows: pd.DataFrame) -> Row:
    """The leading cells of a measured row, or "not run" where there are no rows."""
    known = {column.name: Missing.NOT_RUN if rows.empty else listed(rows[name]) for name, column in FACTS.items()}
    return {"origin": "measured", "model": model, **known}


def estimate(rows: pd.DataFrame, value: str, scale: float = 1.0, ends: str = "ci_") -> Estimate | Missing:
    """The mean over seeds, of rows that are one per seed; "not run" without rows, "n/a" where it is not defined."""
    if rows.empty:
        return Missing.NOT_RUN
    if rows[value].isna().any():
        return Missing.NOT_APPLICABLE
    return over_seeds(rows, value, f"{ends}low", f"{ends}high", scale)


def of_metric(rows: pd.DataFrame, metric: str, scale: float = 1.0) -> Estimate | Missing:
    """The mean over seeds of one metric, of rows of the metrics table."""
    return estimate(rows[rows["metric"] == metric], "value", scale)


def interval_note(rows: pd.DataFrame, kind: str) -> str:
    """The note that says what the brackets mean."""
    levels = ", ".join(f"{100 * level:g} %" for level in sorted(rows["ci_level"].unique()))
    return f"[a, b] is a {levels} confidence interval: {kind}."


def _quoted(row: Quoted, measured: list[Column], paper: Mapping[str, Column]) -> Row:
    here: Row = dict.fromkeys((column.name for column in measured), Missing.NOT_RUN)
    here |= dict.fromkeys((column.name for column in FACTS.values()), Missing.NOT_APPLICABLE)
    here["dataset"] = row.dataset or Missing.NOT_APPLICABLE
    numbers = row.model_dump() | dict(row.detection)
    for key, column in paper.items():
        printed = numbers.get(key)
        here[column.name] = Missing.NOT_APPLICABLE if printed is None else printed
    return {"origin": "quoted", "model": row.model, **here, "paper_source": row.source, "paper_note": row.note}
