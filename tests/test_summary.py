import pandas as pd
import pytest
from hand_matrices import SETTINGS, classifier, hand
from hand_tables import of_test, tables

from sbgc.procedures.paper.summary import summary
from sbgc.procedures.tables.metrics_tables import metrics_table

TABLES = tables()
SAME = "own likelihood procedure and the reference: same decision (fraction)"
TEXT = summary(TABLES, of_test())


def headline(*parts):
    """The cells of the headline row that begins with these."""
    return next(row for row in rows(TEXT) if row[: len(parts)] == list(parts))


def rows(text):
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in text.replace("\\|", "!").splitlines()]


def not_run(text):
    return [line.removeprefix("- ") for line in text.split("## Not run")[1].strip().splitlines()]


def test_each_headline_number_has_its_interval_its_provenance_and_its_command():
    row = headline("score", "accuracy %")
    assert row[2].startswith("66.7 [0.0, 100.0]")
    assert row[3:8] == ["digits", "test", "3", "1", "0, 1"]
    assert row[8] == "`snakemake --cores all --config experiment=digits results/digits/tables/metrics.parquet`"


def test_corruptions_attacks_convergence_and_the_cross_check_have_headlines():
    assert headline("score", "accuracy %, mean over corruptions")[2].startswith("18.8 [")
    assert headline("score", "accuracy %, linf attack, epsilon 0.03137")[2].startswith("75.0 [")
    assert headline("score", "accuracy % with so many draws")[2] == "66.7 ± 0.0 (2 sd over subsets of the draws)"
    assert headline("score", "accuracy % with so many draws", "66.7")[6] == "2"
    assert headline("score", SAME)[2] == "1"


def test_an_error_of_sure_predictions_is_undefined_where_none_is_sure():
    name = "overconfidence error: error rate of predictions above 99.7 %, by 0.3 %"
    assert headline("score", name)[2] == "undefined: no prediction is that confident"


def test_races_stand_beside_all_draws():
    assert headline("score", "accuracy %, racing (fast)")[2].startswith("33.3 [")
    assert headline("score", "accuracy %, racing (fast)")[6] == "up to 2"
    assert headline("score", "network evaluations per image, racing (fast)")[2] == "120"
    assert headline("score", "decisions that differ between racing and all draws %")[2] == "33.3"


def test_the_provenance_names_commit_code_device_and_packages():
    for fact in ("c0ffee", "abc", "cpu", "Packages: numpy 2.0.", "procedure fast"):
        assert fact in TEXT.split("## Provenance")[1]


def test_what_was_not_run_is_said():
    assert not_run(TEXT) == [
        "The paper's experiment, on CIFAR-10, was not run. Tables quote its numbers in columns of their own.",
        "The test split: not run for untested.",
        "Corruptions: not run for gaussian, wide_resnet, untested.",
        "Attacks: not run for gaussian, wide_resnet, untested.",
        "Convergence with the number of draws: not run for gaussian, untested.",
        "The comparison with a reference likelihood: not run for untested.",
        "Races: not run for untested.",
        "Likelihoods do not apply to wide_resnet: a classifier has no density of images.",
    ]


MISSING = {
    "corruption_means": ("Corruptions: not run.", "mean over corruptions"),
    "adversarial": ("Attacks: not run.", " attack"),
    "convergence": ("Convergence with the number of draws: not run.", "with so many draws"),
    "crosscheck": ("The comparison with a reference likelihood: not run.", "and the reference"),
    "decisions": ("Races: not run.", "racing"),
}


@pytest.mark.parametrize("name", MISSING)
def test_an_experiment_without_an_analysis_has_a_summary_of_the_others(name):
    text = summary({key: table for key, table in TABLES.items() if key != name}, of_test())
    sentence, quantity = MISSING[name]
    assert sentence in not_run(text)
    kept, before = ({row[1] for row in rows(one) if len(row) > 8} for one in (text, TEXT))
    assert {title for title in before if quantity in title} == before - kept


def test_decisions_without_races_are_no_races():
    decided = TABLES["decisions"].query("evaluation == 'test'")
    assert "Races: not run." in not_run(summary(TABLES | {"decisions": decided}, of_test()))


def test_an_experiment_of_a_classifier_alone_has_a_summary_that_asks_for_no_likelihood():
    net = classifier([[4.0, 0.0], [0.0, 4.0]], labels=[0, 1])
    text = summary({"metrics": metrics_table(net, SETTINGS)}, [net])
    assert [row[1] for row in rows(text) if row[0] == "wide_resnet"][:1] == ["accuracy %"]
    assert not_run(text)[2:] == [
        "Corruptions: not run.",
        "Attacks: not run.",
        "Likelihoods do not apply to wide_resnet: a classifier has no density of images.",
    ]


def test_an_experiment_of_a_gaussian_alone_has_a_summary_that_names_no_procedure():
    exact = hand(model="gaussian", kind="gaussian")
    text = summary({"metrics": metrics_table(exact, SETTINGS)}, [exact])
    (provenance,) = (row for row in rows(text.split("## Provenance")[1]) if row[0] == "gaussian")
    assert provenance[3] == "none needed"
    assert "nodes" not in text
    assert "procedure" not in text
    assert not_run(text)[2:] == [
        "Corruptions: not run.",
        "Attacks: not run.",
        "Convergence with the number of draws: not run.",
    ]


def test_a_single_seed_is_said_to_hold_no_spread_over_seeds():
    one = {name: table[table["seed"] == 0] for name, table in TABLES.items()}
    assert "No model was trained with another seed than 0" in summary(one, of_test()[:1])
    assert "another seed" not in TEXT


def test_the_confidence_of_the_intervals_is_stated():
    assert "[a, b] is a 95 % confidence interval" in TEXT


def test_a_model_that_learns_no_classes_has_no_accuracy_and_is_said_to_have_none():
    flow = hand(2, model="beta_0", kind="ib_inn", labeled=False)
    metrics = pd.concat([metrics_table(one, SETTINGS) for one in (flow, of_test()[0])], ignore_index=True)
    text = summary({"metrics": metrics}, [flow])
    assert [row[1] for row in rows(text) if row[0] == "beta_0"][:1] == ["bits/dim of p(x)"]
    assert "Accuracies do not apply to beta_0: no label took part in training." in not_run(text)
