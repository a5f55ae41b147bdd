import pandas as pd
import pytest
from configurations import loaded

from sbgc.config.spec import FlowFacts, Quoted, flow_facts_of
from sbgc.procedures.paper import table_writer
from sbgc.procedures.paper.flows_table import flows_table
from sbgc.procedures.paper.table_writer import Missing

QUOTED = (
    Quoted(model="split", dataset="mnist", source="table 1", accuracy=99.3, bits_per_dim=1.0),
    Quoted(model="pixelcnn", dataset="cifar10", source="table 4", accuracy=25.48, bits_per_dim=3.05, note="weight 0"),
)
MODELS = {
    "split": FlowFacts(weight=1.0, framed=1.5),
    "pixelcnn": FlowFacts(weight=0.0, framed=1.0),
    "given": FlowFacts(weight=None, framed=1.0),
}
KINDS = {"split": "glow", "pixelcnn": "pixelcnn", "score": "score"}


def metrics():
    """Of two seeds: accuracies of 0.5 and 0.75, 3 and 6 bits/dim; other metrics and splits beside them."""
    facts = {"dataset": "mnist", "split": "test", "evaluation": "test", "num_images": 8, "draws": 2, "ci_level": 0.95}
    rows = [
        facts | {"model": model, "kind": kind, "seed": seed, "metric": metric, "value": value}
        for model, kind in KINDS.items()
        for seed, metric, value in (
            (0, "accuracy", 0.5),
            (1, "accuracy", 0.75),
            (0, "bits_per_dim_conditional", 3.0),
            (1, "bits_per_dim_conditional", 6.0),
            (0, "ece", 0.1),
        )
    ]
    rows += [row | {"evaluation": "validation", "value": 100.0} for row in rows]
    table = pd.DataFrame(rows)
    return table.assign(ci_low=table["value"] - 1.0, ci_high=table["value"] + 1.0)


TABLE = flows_table(metrics(), MODELS, QUOTED)


def row(model, origin="measured"):
    return next(row for row in TABLE.rows if row["model"] == model and row["origin"] == origin)


def test_it_shows_flows_alone_by_the_mean_over_seeds_of_their_test_images():
    assert [row["model"] for row in TABLE.rows] == [*MODELS, "split", "pixelcnn"]
    split = row("split")
    assert (split["dataset"], split["num_images"], split["seeds"], split["classification_weight"]) == (
        "mnist",
        8,
        "0, 1",
        1.0,
    )
    assert split["accuracy_percent"].value == pytest.approx(62.5)
    assert split["bits_per_dim_conditional"].value == pytest.approx(4.5)


def test_by_the_papers_convention_the_bits_are_shared_by_the_border_as_well():
    framed = row("split")["bits_per_dim_framed"]
    assert (framed.value, framed.ci_low, framed.ci_high) == pytest.approx((3.0, 3.5 / 1.5, 5.5 / 1.5))
    assert framed.sd_over_seeds == pytest.approx(row("split")["bits_per_dim_conditional"].sd_over_seeds / 1.5)
    assert row("pixelcnn")["bits_per_dim_framed"] == row("pixelcnn")["bits_per_dim_conditional"]


def test_a_model_that_was_not_scored_was_not_run_and_one_that_was_given_has_no_weight():
    given = row("given")
    assert given["classification_weight"] is Missing.NOT_APPLICABLE
    not_run = ("accuracy_percent", "bits_per_dim_conditional", "bits_per_dim_framed", "num_images")
    assert {given[name] for name in not_run} == {Missing.NOT_RUN}


def test_the_papers_numbers_keep_their_own_columns_and_name_their_dataset():
    quoted = row("pixelcnn", "quoted")
    assert quoted["dataset"] == "cifar10"
    assert (quoted["paper_accuracy_percent"], quoted["paper_bits_per_dim"]) == (25.48, 3.05)
    assert quoted["accuracy_percent"] is quoted["bits_per_dim_framed"] is Missing.NOT_RUN
    assert row("split")["paper_accuracy_percent"] is Missing.NOT_APPLICABLE


def test_the_notes_tell_the_convention_and_that_pixelcnn_is_of_whole_grey_levels():
    text = table_writer.markdown(TABLE)
    assert "border of zeros" in text
    assert "lower bound" in text
    assert "pixelcnn give the probabilities of whole grey levels" in text


def test_the_facts_of_an_experiment_count_the_border_of_flows_and_leave_other_models_out():
    facts = {name: flow_facts_of(loaded({}).experiments[name]) for name in ("mnist_flows", "cifar10_flows", "digits")}
    assert facts["mnist_flows"] == {"split": FlowFacts(weight=1.0, framed=1024 / 784)}
    assert facts["cifar10_flows"]["pixelcnn_reweight"] == FlowFacts(weight=1000.0, framed=1.0)
    assert facts["digits"] == {}
