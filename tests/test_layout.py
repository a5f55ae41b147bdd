import pandas as pd
import pytest
from pydantic import ValidationError

from sbgc.config.spec import Quoted
from sbgc.procedures.paper.layout import beside_paper, estimate, facts, interval_note, read_quoted
from sbgc.procedures.paper.table_writer import Column, Missing

MEASURED = [Column("accuracy_percent", "accuracy %", ".1f")]
PAPER = {
    "accuracy": Column("paper_accuracy", "paper: accuracy %", ".2f"),
    "linf": Column("paper_linf", "paper: l_inf", ".2f"),
}
QUOTED = (
    Quoted(model="SBGC", source="SBGC Table 3", accuracy=95, linf=0.0, note="N = 216"),
    Quoted(model="VDM", source="t"),
)
ROWS = pd.DataFrame(
    {"dataset": "digits", "split": "test", "num_images": 360, "draws": 4, "seed": [0, 1],
     "value": [0.5, 0.7], "ci_low": 0.4, "ci_high": 0.8, "ci_level": 0.95}
)  # fmt: skip


def made():
    row = {**facts("score", ROWS), "accuracy_percent": estimate(ROWS, "value", 100.0)}
    return beside_paper("T", MEASURED, PAPER, [row], QUOTED, ["last"])


def test_a_measured_row_holds_nothing_of_the_paper_and_a_quoted_row_nothing_measured():
    ours, *theirs = made().rows
    paper = ("paper_accuracy", "paper_linf", "paper_source", "paper_note")
    assert {ours[name] for name in paper} == {Missing.NOT_APPLICABLE}
    assert {row["accuracy_percent"] for row in theirs} == {Missing.NOT_RUN}
    assert {row[name] for row in theirs for name in ("dataset", "split", "num_images", "draws", "seeds")} == {
        Missing.NOT_APPLICABLE
    }


def test_a_measured_row_names_dataset_split_images_draws_and_seeds():
    ours = made().rows[0]
    assert [ours[name] for name in ("dataset", "split", "num_images", "draws", "seeds")] == [
        "digits",
        "test",
        360,
        4,
        "0, 1",
    ]


def test_a_printed_zero_stays_a_number_and_what_was_not_printed_does_not_exist():
    _, sbgc, vdm = made().rows
    assert (sbgc["paper_accuracy"], sbgc["paper_linf"], sbgc["paper_note"]) == (95.0, 0.0, "N = 216")
    assert (vdm["paper_accuracy"], vdm["paper_note"]) == (Missing.NOT_APPLICABLE, "")


def test_without_rows_facts_and_estimates_are_not_run():
    row = facts("score", ROWS[:0])
    assert row.pop("origin") == "measured"
    assert row.pop("model") == "score"
    assert {*row.values(), estimate(ROWS[:0], "value")} == {Missing.NOT_RUN}


def test_the_note_tells_the_confidence_and_the_kind_of_interval():
    assert interval_note(ROWS, "Wilson's") == "[a, b] is a 95 % confidence interval: Wilson's."
    assert made().notes[-1] == "last"


def test_what_papers_printed_is_read_into_its_types():
    text = '[{"model": "VDM", "source": "SBGC Table 1", "bits_per_dim": 2.49, "accuracy": null}]'
    assert read_quoted(text) == (Quoted(model="VDM", source="SBGC Table 1", bits_per_dim=2.49),)
    with pytest.raises(ValidationError, match="accuracy"):
        read_quoted(text.replace("null", "101"))
