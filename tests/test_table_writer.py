import io
import math

import pandas as pd
import pytest

from sbgc.procedures.paper import table_writer
from sbgc.procedures.paper.table_writer import Column, Estimate, Missing, Table

TABLE = Table(
    "Two rows",
    [
        Column("model", "model"),
        Column("accuracy_percent", "accuracy %", ".1f"),
        Column("paper", "paper: accuracy %", ".2f"),
    ],
    [
        {
            "model": "a|b",
            "accuracy_percent": Estimate(98.6111, 97.22, 99.72, math.nan),
            "paper": Missing.NOT_APPLICABLE,
        },
        {"model": "c", "accuracy_percent": Missing.NOT_RUN, "paper": 95.0},
    ],
    ["A note."],
)


def seeds(*values):
    rows = [{"value": value, "ci_low": value - 0.1, "ci_high": value + 0.3} for value in values]
    return table_writer.over_seeds(pd.DataFrame(rows), "value", "ci_low", "ci_high", 100.0)


def test_readers_see_a_value_with_its_interval_and_words_where_there_is_no_number():
    lines = table_writer.markdown(TABLE).splitlines()
    assert lines[0] == "# Two rows"
    assert lines[2:6] == [
        "| model | accuracy % | paper: accuracy % |",
        "| --- | --- | --- |",
        "| a\\|b | 98.6 [97.2, 99.7] | n/a |",
        "| c | not run | 95.00 |",
    ]
    assert lines[-1] == "- A note."


def test_machines_see_numbers_in_columns_of_their_own_and_empty_cells():
    text = table_writer.csv(TABLE).to_csv(index=False)
    table = pd.read_csv(io.StringIO(text))
    numbers = [
        "accuracy_percent",
        "accuracy_percent_ci_low",
        "accuracy_percent_ci_high",
        "accuracy_percent_sd_over_seeds",
    ]
    assert table.columns.tolist() == ["model", *numbers, "paper"]
    assert table.loc[0, numbers[:3]].tolist() == [98.6111, 97.22, 99.72]
    assert table.loc[1, numbers].isna().all()
    assert math.isnan(table["paper"][0])
    assert table["paper"][1] == 95.0


def test_whole_numbers_stay_whole_beside_empty_cells():
    rows = [{"images": 360}, {"images": Missing.NOT_RUN}]
    table = table_writer.csv(Table("T", [Column("images", "images")], rows, []))
    assert table.to_csv(index=False).split() == ["images", "360", '""']


def test_both_files_are_written(tmp_path):
    table_writer.write(TABLE, tmp_path / "t.csv", tmp_path / "t.md")
    assert (tmp_path / "t.md").read_text() == table_writer.markdown(TABLE)
    assert pd.read_csv(tmp_path / "t.csv")["model"].tolist() == ["a|b", "c"]


def test_several_seeds_give_means_and_the_spread_over_seeds():
    estimate = seeds(0.5, 0.7)
    assert (estimate.value, estimate.ci_low, estimate.ci_high) == pytest.approx((60.0, 50.0, 90.0))
    assert estimate.sd_over_seeds == pytest.approx(100 * math.sqrt(0.02))
    assert table_writer.text(estimate, ".1f") == "60.0 [50.0, 90.0] (sd 14.1)"


def test_one_seed_has_no_spread_and_none_is_shown():
    assert math.isnan(seeds(0.5).sd_over_seeds)
    assert table_writer.text(seeds(0.5), ".1f") == "50.0 [40.0, 80.0]"


def test_distinct_values_are_listed_in_order_and_a_single_one_stays_a_number():
    assert table_writer.listed(pd.Series([2, 0, 2])) == "0, 2"
    assert table_writer.listed(pd.Series([360, 360])) == 360
