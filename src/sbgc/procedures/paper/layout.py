"""A table with two kinds of rows, measured here and quoted from a paper, whose numbers never share a column."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from sbgc.procedures.paper.table_writer import Column, Missing, Row, Table, listed, over_seeds

Quoted = Sequence[Mapping[str, Any]]

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
    "Measured columns are of the dataset that the row names; columns that begin with 'paper:' are quoted.",
    "Several seeds: values and ends of intervals are means over seeds, sd is the seeds' standard deviation.",
]


def beside_paper(
    title: str, measured: list[Column], paper: Mapping[str, Column], rows: list[Row], quoted: Quoted, notes: list[str]
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


def estimate(rows: pd.DataFrame, value: str, scale: float = 1.0, ends: str = "ci_") -> Any:
    """The mean over seeds, of rows that are one per seed, or "not run" where there are no rows."""
    return Missing.NOT_RUN if rows.empty else over_seeds(rows, value, f"{ends}low", f"{ends}high", scale)


def interval_note(rows: pd.DataFrame, kind: str) -> str:
    """The note that says what the brackets mean."""
    levels = ", ".join(f"{100 * level:g} %" for level in sorted(rows["ci_level"].unique()))
    return f"[a, b]: {levels} confidence interval: {kind}."


def _quoted(row: Mapping[str, Any], measured: list[Column], paper: Mapping[str, Column]) -> Row:
    here: Row = dict.fromkeys((column.name for column in measured), Missing.NOT_RUN)
    here |= dict.fromkeys((column.name for column in FACTS.values()), Missing.NOT_APPLICABLE)
    for key, column in paper.items():
        here[column.name] = Missing.NOT_APPLICABLE if row.get(key) is None else float(row[key])
    source: Row = {"paper_source": row["source"], "paper_note": row.get("note", "")}
    return {"origin": "quoted", "model": row["model"], **here, **source}
