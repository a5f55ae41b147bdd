import math

import pytest

from sbgc.procedures.paper import shaded
from sbgc.procedures.paper.table_writer import Column, Estimate, Missing, Table

COLUMNS = [
    Column("origin", "origin"),
    Column("model", "model"),
    Column("area", "area <1>", ".1f", (55.0, 85.0)),
    Column("error", "error", ".1f"),
    Column("paper_area", "paper: area", ".1f", (55.0, 85.0)),
]
OURS = {"origin": "measured", "paper_area": Missing.NOT_APPLICABLE, "error": 90.0}
ROWS = [
    OURS | {"model": "a", "area": 85.0},
    OURS | {"model": "b", "area": 55.1},
    OURS | {"model": "c|d", "area": 55.0},
    OURS | {"model": "e", "area": Missing.NOT_RUN},
    OURS | {"model": "f", "area": Estimate(90.0, 80.0, 95.0, math.nan)},
    {"origin": "quoted", "model": "p", "area": Missing.NOT_RUN, "error": Missing.NOT_RUN, "paper_area": 12.0},
]
TABLE = Table("Areas & more", COLUMNS, ROWS, ["a < b"])
MARKDOWN, HTML = shaded.markdown(TABLE), shaded.page(TABLE)


@pytest.mark.parametrize("cell", ["**85.0** 🟩", "55.1 🟨", "*55.0* 🟥", "*12.0* 🟥", "**90.0 [80.0, 95.0]** 🟩"])
def test_a_number_is_marked_by_its_color_and_by_its_type(cell):
    assert f"| {cell} |" in MARKDOWN


def test_numbers_without_thresholds_and_empty_cells_are_plain():
    assert "| 90.0 |" in MARKDOWN
    assert "| not run |" in MARKDOWN
    assert "<td>90.0</td>" in HTML
    assert "<td>not run</td>" in HTML


def test_measured_and_quoted_rows_are_grids_without_the_columns_of_the_other():
    measured, quoted = MARKDOWN.split("## Quoted")
    assert "paper: area" not in measured
    assert "area <1>" not in quoted
    assert "origin" not in MARKDOWN


def test_the_page_has_the_same_marks_and_no_text_of_it_is_taken_for_a_tag():
    assert '<td class="good">85.0</td>' in HTML
    assert '<td class="middling">55.1</td>' in HTML
    assert '<td class="bad">12.0</td>' in HTML
    assert "<th>area &lt;1&gt;</th>" in HTML
    assert "<h1>Areas &amp; more</h1>" in HTML
    assert "<li>a &lt; b</li>" in HTML


def test_both_files_are_written(tmp_path):
    shaded.write(TABLE, tmp_path / "a.md", tmp_path / "a.html")
    assert (tmp_path / "a.md").read_text(encoding="utf-8") == MARKDOWN
    assert (tmp_path / "a.html").read_text(encoding="utf-8") == HTML
