import math

import figure_tables
import numpy as np
import pandas as pd
import pytest
import yaml
from configurations import ROOT
from hand_tables import tables

from sbgc.config.spec import Quoted
from sbgc.procedures.paper import table_writer
from sbgc.procedures.paper.outlier_table import outlier_table
from sbgc.procedures.paper.table_writer import Missing

OUTLIERS = figure_tables.outliers()[0].assign(split="test")
MEANS = tables()["corruption_means"]
PRINTED = yaml.safe_load((ROOT / "config.yaml").read_text())["quoted"]["robustness"]
QUOTED = tuple(Quoted.model_validate(row) for row in PRINTED)
TABLE = outlier_table(OUTLIERS, MEANS, QUOTED)


def rows(model, table=TABLE):
    return [row for row in table.rows if row["model"] == model]


def test_a_density_has_a_row_for_each_score_and_its_robustness_in_the_first_one():
    first, second = rows("score")
    assert [first["method"], second["method"]] == ["typicality, two-sided", "-log p(x)"]
    clean = MEANS.query("model == 'score' and average == 'clean'")
    assert first["clean_error_percent"].value == pytest.approx(100 * (1 - clean["accuracy"].mean()))
    assert first["clean_error_percent"].ci_low == pytest.approx(100 * (1 - clean["accuracy_ci_high"].mean()))
    assert second["clean_error_percent"] is Missing.NOT_APPLICABLE
    assert (first["num_images"], first["draws"]) == (360, 1)


def test_areas_are_in_per_cent_and_their_mean_over_corruptions_has_an_interval():
    (first, second), areas = rows("score"), OUTLIERS[OUTLIERS.model == "score"].set_index(["set", "method"])
    assert first["photographs_auroc_percent"] == pytest.approx(100 * areas.loc[("photographs", "typicality"), "auroc"])
    assert second["fog_auroc_percent"] == pytest.approx(100 * areas.loc[("fog", "likelihood"), "auroc"])
    assert first["main_corruptions_auroc_percent"].value == pytest.approx(50.0)


def test_a_classifier_has_its_robustness_alone():
    classifier = MEANS[MEANS.model == "score"].assign(model="wide_resnet", kind="wide_resnet")
    (row,) = rows("wide_resnet", outlier_table(OUTLIERS, pd.concat([MEANS, classifier]), QUOTED))
    assert row["clean_error_percent"].value == rows("score")[0]["clean_error_percent"].value
    assert row["fog_auroc_percent"] is Missing.NOT_APPLICABLE


def test_without_corruptions_the_robustness_was_not_run():
    row = rows("score", outlier_table(OUTLIERS, None, QUOTED))[0]
    assert {row[name] for name in ("clean_error_percent", "mce_percent")} == {Missing.NOT_RUN}


def test_a_model_that_learns_no_classes_has_no_clean_error():
    unnamed = MEANS.assign(accuracy=math.nan, entropy_increase_nats=math.nan)
    row = rows("score", outlier_table(OUTLIERS, unnamed, QUOTED))[0]
    assert {row["clean_error_percent"], row["entropy_increase_nats"]} == {Missing.NOT_APPLICABLE}


def test_what_the_paper_printed_stands_in_columns_of_its_own():
    (row,) = rows("IB-INN, beta = 8")
    assert (row["paper_clean_error_percent"], row["paper_fog_auroc_percent"]) == (25.41, 87.8)
    assert row["fog_auroc_percent"] is Missing.NOT_RUN
    (resnet,) = rows("ResNet-50")
    assert resnet["paper_fog_auroc_percent"] is Missing.NOT_APPLICABLE
    assert table_writer.csv(TABLE)["paper_mce_percent"].notna().sum() == 8


def test_the_printed_means_are_those_of_their_rows_but_for_the_one_that_is_said_not_to_be():
    for row in QUOTED[:-1]:
        assert len(row.detection) == 15
        agrees = abs(np.mean(list(row.detection.values())) - row.auroc) < 0.05
        assert agrees == (row.note == ""), row.model
    assert [row.note for row in QUOTED if row.note] == ["the mean of its row is 75.6"]
