import math

import pandas as pd
import pytest
from configurations import loaded

from sbgc.config.spec import BottleneckFacts, Quoted, bottleneck_facts_of
from sbgc.procedures.paper import table_writer
from sbgc.procedures.paper.bottleneck_table import bottleneck_table
from sbgc.procedures.paper.table_writer import Missing

QUOTED = (Quoted(model="paper's", dataset="imagenet", source="table 2", accuracy=67.3, loss_x=-1.9, loss_y=8.52),)
MODELS = {
    "beta_0": BottleneckFacts(beta=0.0, classifier=False, levels=17),
    "beta_2": BottleneckFacts(beta=2.0, classifier=False, levels=17),
    "beta_infinity": BottleneckFacts(beta="infinity", classifier=False, levels=17),
    "wide_resnet": BottleneckFacts(beta=None, classifier=True, levels=17),
}


def metrics():
    """3 bits/dim, an accuracy of 0.75 and an overconfidence error of 2, which beta_infinity has not."""
    facts = {"dataset": "digits", "split": "test", "evaluation": "test", "num_images": 8, "draws": 2, "ci_level": 0.95}
    values = {"bits_per_dim_marginal": 3.0, "accuracy": 0.75, "posterior_nll": 0.5, "overconfidence_error": 2.0}
    rows = [
        facts | {"model": model, "seed": 0, "metric": metric, "value": value}
        for model in MODELS
        for metric, value in values.items()
        if model != "wide_resnet" or metric != "bits_per_dim_marginal"
    ]
    cropped = {"evaluation": "ten_crops", "model": "beta_2", "seed": 0, "metric": "accuracy", "value": 0.875}
    table = pd.DataFrame([*rows, facts | cropped])
    table.loc[(table["model"] == "beta_infinity") & (table["metric"] == "overconfidence_error"), "value"] = math.nan
    return table.assign(ci_low=table["value"] - 0.1, ci_high=table["value"] + 0.1)


TABLE = bottleneck_table(metrics(), MODELS, QUOTED)
ROWS = {row["model"]: row for row in TABLE.rows}


def test_the_losses_are_those_of_the_metrics_in_the_papers_convention():
    """3 bits/dim of x on [0, 17) are 3 log 2 - log 17 nats per dimension of x / 17, and log(2 pi) / 2 is left out."""
    row = ROWS["beta_2"]
    assert row["beta"] == 2.0
    assert row["loss_x"].value == pytest.approx(3 * math.log(2) - math.log(17) - 0.5 * math.log(2 * math.pi))
    assert row["loss_x"].ci_high - row["loss_x"].ci_low == pytest.approx(0.2 * math.log(2))
    assert (row["loss_y"].value, row["accuracy_percent"].value) == (0.5, 75.0)
    assert row["overconfidence_error"].value == 2.0


def test_the_accuracy_of_ten_crops_is_that_of_their_evaluation():
    assert ROWS["beta_2"]["accuracy_ten_crops_percent"].value == 87.5
    assert ROWS["wide_resnet"]["accuracy_ten_crops_percent"] is Missing.NOT_RUN


def test_what_a_model_does_not_have_is_not_applicable():
    missing = {
        "beta_0": {"loss_y", "accuracy_percent", "accuracy_ten_crops_percent", "overconfidence_error"},
        "beta_2": set(),
        "beta_infinity": {"overconfidence_error"},
        "wide_resnet": {"beta", "loss_x", "bits_per_dim_marginal"},
    }
    for model, names in missing.items():
        row = {name: value for name, value in ROWS[model].items() if not name.startswith("paper")}
        assert {name for name, value in row.items() if value is Missing.NOT_APPLICABLE} == names, model
    assert ROWS["beta_infinity"]["beta"] == "infinity"


def test_the_papers_numbers_have_columns_of_their_own(tmp_path):
    row = ROWS["paper's"]
    assert (row["paper_accuracy_percent"], row["paper_loss_x"], row["paper_loss_y"]) == (67.3, -1.9, 8.52)
    assert row["loss_x"] is Missing.NOT_RUN
    table_writer.write(TABLE, tmp_path / "t.csv", tmp_path / "t.md")
    assert "6.91" in (tmp_path / "t.md").read_text()


def test_the_models_are_the_ib_inns_of_an_experiment_and_its_classifier():
    experiments = loaded({}).experiments
    assert bottleneck_facts_of(experiments["digits"]) == {}
    found = bottleneck_facts_of(experiments["digits_ibinn"])
    betas = [facts.beta for facts in found.values() if not facts.classifier]
    assert betas == [0.0, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, "infinity"]
    assert [name for name, facts in found.items() if facts.classifier] == ["resnet"]


def test_every_number_that_the_paper_prints_agrees_with_the_losses_of_theory_md():
    """L_X / log 2 and bits/dim differ by one constant, 7.08, for all beta."""
    rows = [row for row in loaded({}).quoted["bottleneck"] if row.loss_x is not None]
    assert len(rows) == 8
    constants = [row.bits_per_dim - row.loss_x / math.log(2) for row in rows]
    assert constants == pytest.approx([7.08] * 8, abs=0.011)
