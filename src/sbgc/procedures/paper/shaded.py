"""A table whose numbers are good, middling or bad by two thresholds, for readers: as Markdown and as HTML.

Measured and quoted rows are two grids, each with the columns that have something to say. A number's place is told
twice, by a colored square or ground and by its type (bold, plain, italic), so that no color is needed to read it.
"""

import html as escaping
from pathlib import Path

from sbgc.procedures.paper.table_writer import Column, Entry, Estimate, Missing, Row, Table, grid, text, write_text

GOOD, MIDDLING, BAD = ("**{}** 🟩", "good"), ("{} 🟨", "middling"), ("*{}* 🟥", "bad")
STYLE = (
    "body{font:14px sans-serif}table{border-collapse:collapse;margin:1em 0}td,th{border:1px solid #bbb;padding:3px 6px;"
    "text-align:right}.good{background:#b7e1cd;font-weight:bold}.middling{background:#fff2cc}"
    ".bad{background:#f4c7c3;font-style:italic}"
)


def write(table: Table, md: Path, html: Path) -> None:
    """Write both files, each atomically."""
    write_text(md, markdown(table))
    write_text(html, page(table))


def markdown(table: Table) -> str:
    """A title, a grid for each origin, and the notes."""
    lines = [f"# {table.title}", ""]
    for name, columns, rows in _grids(table):
        body = [[_marked(row[column.name], column) for column in columns] for row in rows]
        lines += [f"## {name}", "", *grid([column.title for column in columns], body), ""]
    return "\n".join([*lines, *(f"- {note}" for note in table.notes)]) + "\n"


def page(table: Table) -> str:
    """The same as one HTML file that needs no other."""
    title = escaping.escape(table.title)
    parts = [f'<!DOCTYPE html><meta charset="utf-8"><title>{title}</title><style>{STYLE}</style><h1>{title}</h1>']
    for name, columns, rows in _grids(table):
        head = "".join(f"<th>{escaping.escape(column.title)}</th>" for column in columns)
        body = "".join(f"<tr>{''.join(_cell(row[column.name], column) for column in columns)}</tr>" for row in rows)
        parts.append(f"<h2>{escaping.escape(name)}</h2><table><tr>{head}</tr>{body}</table>")
    notes = "".join(f"<li>{escaping.escape(note)}</li>" for note in table.notes)
    return "\n".join([*parts, f"<ul>{notes}</ul>"]) + "\n"


def _grids(table: Table) -> list[tuple[str, list[Column], list[Row]]]:
    found = []
    for origin in dict.fromkeys(str(row["origin"]) for row in table.rows):
        rows = [row for row in table.rows if row["origin"] == origin]
        told = [one for one in table.columns if any(not isinstance(row[one.name], Missing) for row in rows)]
        found.append((origin.capitalize(), [one for one in told if one.name != "origin"], rows))
    return found


def _place(entry: Entry, column: Column) -> tuple[str, str] | None:
    """How a number is marked; None where it is neither good nor bad."""
    value = entry.value if isinstance(entry, Estimate) else entry
    if column.shades is None or not isinstance(value, float):
        return None
    low, high = column.shades
    return GOOD if value >= high else MIDDLING if value > low else BAD


def _marked(entry: Entry, column: Column) -> str:
    place = _place(entry, column)
    return place[0].format(text(entry, column.format)) if place else text(entry, column.format)


def _cell(entry: Entry, column: Column) -> str:
    place = _place(entry, column)
    opening = f'<td class="{place[1]}">' if place else "<td>"
    return f"{opening}{escaping.escape(text(entry, column.format))}</td>"
