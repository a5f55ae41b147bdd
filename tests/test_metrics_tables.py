import math
from dataclasses import replace

import numpy as np
import pytest
from hand_matrices import SETTINGS, classifier, hand

from sbgc import artifacts
from sbgc.artifacts import ArtifactError
from sbgc.figures import confusion_matrix
from sbgc.maths import intervals
from sbgc.procedures.tables import matrices, metrics_tables

IDENTITY = ["experiment", "dataset", "model", "kind", "seed"]


def values(table):
    return dict(zip(table["metric"], table["value"], strict=True))


@pytest.mark.parametrize("draws", [1, 2])
def test_every_metric_of_three_images_is_worked_out_by_hand(draws):
    table = metrics_tables.metrics_table(hand(draws), SETTINGS)
    # The two draws lie 0.6 apart, by the same shift for all classes: their gaps are certain.
    of_draws = {"log_prob_std_error": 0.3, "class_gap_std_error": 0.0, "flip_probability": 0.0}
    assert values(table) == pytest.approx(
        {
            "accuracy": 2 / 3,
            "bits_per_dim_conditional": -math.log2(0.55 * 0.75 * 0.20) / 3 / 2,
            "bits_per_dim_marginal": -math.log2(1 / 3 * 1 / 3 * 2 / 3) / 3 / 2,
            "posterior_nll": -math.log(0.55 * 0.75 * 0.10) / 3,
            "brier": (0.305 + 0.09375 + 1.535) / 3,
            "ece": (0.45 + 0.25 + 0.85) / 3,
            "mce": 0.85,
            "overconfidence_error": math.nan,
        }
        | (of_draws if draws > 1 else {}),
        abs=1e-12,
        nan_ok=True,
    )
    assert set(table["draws"]) == {draws}
    assert set(table["num_images"]) == {3}
    assert list(table.columns[:5]) == IDENTITY


def test_the_overconfidence_error_counts_wrong_ones_among_sure_predictions():
    """Of 200 predictions 120 are above 99.7 %, and 3 of these are wrong: 2.5 % in place of 0.3 %."""
    sure, wrong = np.arange(200) < 120, np.arange(200) % 40 == 0
    matrix = classifier(np.where(sure, 6.0, 5.0)[:, None] * np.array([1.0, 0.0]), labels=wrong.astype(int))
    table = metrics_tables.metrics_table(matrix, SETTINGS).set_index("metric").loc["overconfidence_error"]
    assert table["value"] == pytest.approx(3 / 120 / 0.003)
    low, high = intervals.wilson_interval(3, 120, SETTINGS.confidence)
    assert (table["ci_low"], table["ci_high"]) == (pytest.approx(low / 0.003), pytest.approx(high / 0.003))


def test_the_maximum_calibration_error_is_that_of_the_worst_bin_with_images():
    matrix = hand()
    bins = metrics_tables.reliability_table(matrix, SETTINGS).dropna()
    table = metrics_tables.metrics_table(matrix, SETTINGS).set_index("metric").loc["mce"]
    assert table["value"] == pytest.approx((bins["accuracy"] - bins["confidence"]).abs().max())
    assert (table["ci_low"], table["ci_high"]) == (pytest.approx(0.25), pytest.approx(0.85))  # of one image alone


def test_several_draws_of_an_exact_density_have_the_importance_weighted_bound_too():
    name, shift = "bits_per_dim_importance_weighted", math.log(math.cosh(0.3))
    for exact in ({"kind": "gaussian"}, {"likelihood": {"procedure": "fast", "num_probes": 2}}):
        found = values(metrics_tables.metrics_table(hand(2, **exact), SETTINGS))
        assert found[name] == pytest.approx(found["bits_per_dim_conditional"] - shift / math.log(2) / 2)
    blurred = hand(2, likelihood={"procedure": "fast", "num_probes": 1})
    assert name not in values(metrics_tables.metrics_table(blurred, SETTINGS))


def test_a_classifier_has_no_rows_in_bits_per_dim():
    table = metrics_tables.metrics_table(classifier([[3.0, 0.0], [0.0, 3.0]], labels=[0, 1]), SETTINGS)
    assert list(table["metric"]) == ["accuracy", "posterior_nll", "brier", "ece", "mce", "overconfidence_error"]
    assert values(table)["posterior_nll"] == pytest.approx(math.log1p(math.exp(-3.0)))


def test_the_bootstrap_interval_of_three_images_is_that_of_the_27_resamples():
    """Of three images, two correct: the accuracy of a resample is 3/3 with probability 8/27 and 0/3 with 1/27."""
    table = metrics_tables.metrics_table(hand(), SETTINGS.model_copy(update={"bootstrap": 4000}))
    accuracy = table[table["metric"] == "accuracy"].iloc[0]
    assert (accuracy["ci_low"], accuracy["ci_high"]) == (0.0, 1.0)
    narrower = metrics_tables.metrics_table(
        hand(), SETTINGS.model_copy(update={"bootstrap": 4000, "confidence": 0.9})
    ).iloc[0]
    assert (narrower["ci_low"], narrower["ci_high"]) == (pytest.approx(1 / 3), 1.0)


def test_no_value_and_no_interval_depends_on_the_order_of_the_images(tmp_path):
    generator = np.random.default_rng(0)
    labels = generator.integers(3, size=40)
    scores = generator.normal(size=(40, 3, 2)) + 2.0 * np.eye(3)[labels][:, :, None]
    one = replace(hand(), scores=scores, nfe=np.ones(scores.shape, int), labels=labels, index=np.arange(40))
    tables = []
    for number, order in enumerate([np.arange(40), generator.permutation(40)]):
        artifacts.write_matrix(tmp_path / f"{number}.npz", matrices.take(one, order))
        tables.append(metrics_tables.metrics_table(matrices.read(tmp_path / f"{number}.npz"), SETTINGS))
    assert tables[0].equals(tables[1])


def test_the_confusion_table_holds_every_image_once_and_no_pair_of_classes_that_never_occurs():
    table = metrics_tables.confusion_table(hand())
    counts = table.set_index(["true_class", "predicted_class"])["count"]
    assert counts.to_dict() == {(0, 0): 1, (1, 1): 1, (2, 0): 1}


def test_the_confusion_table_names_true_classes_where_the_data_do():
    named = hand(class_names=["cat", "dog", "horse"])
    table = metrics_tables.confusion_table(named)
    assert confusion_matrix.NAME == "true_name"
    assert table.groupby("true_class")["true_name"].agg(set).to_dict() == {0: {"cat"}, 1: {"dog"}, 2: {"horse"}}
    assert "true_name" not in metrics_tables.confusion_table(hand()).columns
    assert "true_name" not in metrics_tables.confusion_table(replace(hand(), meta=without(hand().meta))).columns


def without(meta):
    """The facts of data that say nothing of names."""
    return {name: value for name, value in meta.items() if name != "class_names"}


def test_class_names_that_are_not_as_many_as_classes_are_refused():
    with pytest.raises(ArtifactError, match="^test: 2 class names, but 3 classes$"):
        metrics_tables.confusion_table(hand(class_names=["cat", "dog"]))


def test_reliability_bins_hold_the_hand_worked_images_and_leave_the_rest_empty():
    table = metrics_tables.reliability_table(hand(), SETTINGS).set_index("bin")
    assert table["num_images"].tolist() == [0, 0, 0, 0, 0, 1, 0, 1, 1, 0]
    assert table.loc[[5, 7, 8], "confidence"].tolist() == pytest.approx([0.55, 0.75, 0.85])
    assert table.loc[[5, 7, 8], "accuracy"].tolist() == [1.0, 1.0, 0.0]
    assert table.loc[[0, 6, 9], ["confidence", "accuracy", "ci_low", "ci_high"]].isna().all(axis=None)
    assert table.loc[8, ["bin_low", "bin_high"]].tolist() == pytest.approx([0.8, 0.9])


def test_ece_is_the_weighted_gap_of_the_reliability_table():
    matrix = hand()
    bins = metrics_tables.reliability_table(matrix, SETTINGS).dropna()
    weighted = ((bins["accuracy"] - bins["confidence"]).abs() * bins["num_images"]).sum() / bins["num_images"].sum()
    assert values(metrics_tables.metrics_table(matrix, SETTINGS))["ece"] == pytest.approx(weighted)


def test_a_model_that_learns_no_classes_has_bits_per_dim_of_p_x_alone():
    table = metrics_tables.metrics_table(hand(2, labeled=False), SETTINGS)
    assert values(table) == {"bits_per_dim_marginal": pytest.approx(-math.log2(1 / 3 * 1 / 3 * 2 / 3) / 3 / 2)}
