"""One table, written for machines (.csv, with one number per cell) and for readers (.md, "98.6 [97.2, 99.7]")."""

import math
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import pandas as pd

from sbgc import artifacts


class Missing(Enum):
    """Why a cell holds no number: it was not run here, or the quantity does not exist."""

    NOT_RUN = "not run"
    NOT_APPLICABLE = "n/a"


@dataclass(frozen=True)
class Estimate:
    """A mean over seeds, its confidence interval over images, and the standard deviation over seeds.

    The standard deviation is NaN for a single seed.
    """

    value: float
    ci_low: float
    ci_high: float
    sd_over_seeds: float


@dataclass(frozen=True)
class Column:
    """A column: its name for machines, its title for readers, and the format of the numbers that readers see.

    shades: two thresholds, between which a number is middling (shaded.py); None where numbers are neither good nor bad.
    """

    name: str
    title: str
    format: str = ".0f"
    shades: tuple[float, float] | None = None


Entry = Estimate | Missing | float | int | str
Row = dict[str, Entry]


@dataclass(frozen=True)
class Table:
    """A title, columns, rows keyed by the names of columns, and notes that a reader needs."""

    title: str
    columns: list[Column]
    rows: list[Row]
    notes: list[str]


def over_seeds(rows: pd.DataFrame, value: str, ci_low: str, ci_high: str, scale: float = 1.0) -> Estimate:
    """The mean over seeds of a value and of the ends of its interval, times `scale`, from one row per seed.

    Seeds share their images, so an interval of the mean over seeds would be about as wide or narrower. The spread over
    seeds is given separately, as sd_over_seeds.
    """
    mean, low, high = (float(scale * rows[name].mean()) for name in (value, ci_low, ci_high))
    return Estimate(mean, low, high, float(scale * rows[value].std(ddof=1)) if len(rows) > 1 else math.nan)


def listed(values: pd.Series) -> Entry:
    """The only value of a column, or all its distinct values in order: "0, 1, 2"."""
    distinct = sorted(values.unique().tolist())
    return distinct[0] if len(distinct) == 1 else ", ".join(map(str, distinct))


def csv(table: Table) -> pd.DataFrame:
    """The table for machines. An estimate takes four columns, and a missing cell is empty.

    The four columns are the value and, with these endings, _ci_low, _ci_high and _sd_over_seeds.
    """
    cells: dict[str, list[object]] = {}
    for column in table.columns:
        entries = [row[column.name] for row in table.rows]
        cells[column.name] = [_number(entry) for entry in entries]
        if any(isinstance(entry, Estimate) for entry in entries):
            for part in ("ci_low", "ci_high", "sd_over_seeds"):
                cells[f"{column.name}_{part}"] = [getattr(entry, part, None) for entry in entries]
    return pd.DataFrame({name: _column(values) for name, values in cells.items()})


def markdown(table: Table) -> str:
    """The table for readers: a title, the cells and the notes."""
    header = [column.title for column in table.columns]
    body = [[text(row[column.name], column.format) for column in table.columns] for row in table.rows]
    return "\n".join([f"# {table.title}", "", *grid(header, body), "", *(f"- {note}" for note in table.notes)]) + "\n"


def grid(header: list[str], body: list[list[str]]) -> list[str]:
    """The lines of a Markdown table. A bar inside a cell is escaped."""
    lines = [header, ["---"] * len(header), *body]
    return ["| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines]


def text(entry: Entry, spec: str) -> str:
    """A cell as a reader sees it, with numbers in the given format."""
    if isinstance(entry, Missing):
        return entry.value
    if isinstance(entry, Estimate):
        interval = f"{entry.value:{spec}} [{entry.ci_low:{spec}}, {entry.ci_high:{spec}}]"
        return interval if math.isnan(entry.sd_over_seeds) else f"{interval} (sd {entry.sd_over_seeds:{spec}})"
    return f"{entry:{spec}}" if isinstance(entry, float) else str(entry)


def write(table: Table, csv_path: Path, md_path: Path) -> None:
    """Write both files, each atomically."""
    write_csv(csv_path, table)
    write_text(md_path, markdown(table))


def write_csv(path: Path, table: Table) -> None:
    """Write the table for machines, atomically."""
    with artifacts.atomic_path(path) as temporary:
        csv(table).to_csv(temporary, index=False)


def write_text(path: Path, content: str) -> None:
    """Write text atomically."""
    with artifacts.atomic_path(path) as temporary:
        temporary.write_text(content, encoding="utf-8")


def _column(values: list[object]) -> pd.Series:
    """A column of the table for machines, in which whole numbers stay whole even next to empty cells."""
    whole = all(value is None or isinstance(value, int) for value in values)
    return pd.Series(values, dtype="Int64") if whole else pd.Series(values)


def _number(entry: Entry) -> float | int | str | None:
    if isinstance(entry, Estimate):
        return entry.value
    return None if isinstance(entry, Missing) else entry
