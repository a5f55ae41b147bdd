import numpy as np
import pandas as pd
import pytest
from hand_matrices import SETTINGS
from hand_tables import QUOTED, tables

from sbgc import artifacts
from sbgc.artifacts import ArtifactError, Split
from sbgc.procedures import comparison
from sbgc.procedures.decisions import race_table
from sbgc.procedures.raced_corruptions import raced_means
from sbgc.procedures.racing import Outcome
from sbgc.steps import raced_corruptions

FACTS = {"experiment": "digits", "dataset": "digits", "model": "score", "kind": "score", "seed": 0}


def races(kind, *winners):
    """Of three images of class 0, at severities 1, 2, ... in turn, as the race's step writes them."""
    count = 3 * len(winners)
    severity = np.repeat(np.arange(len(winners)) + 1, 3)
    zeros = np.zeros(count, int)
    facts = {"corruption": kind, "corruption_source": "CIFAR-10-C style"}
    split = Split(np.zeros(count), zeros, np.tile([5, 3, 9], len(winners)), {"severity": severity}, facts)
    outcome = Outcome(np.concatenate(winners), zeros + 1, *np.ones((2, count)), 0.01 + zeros, zeros + 2, zeros + 40)
    return race_table(outcome, split, FACTS | {"evaluation": f"raced-{kind}", "split": f"corrupt-{kind}"})


FOG, NOISE = races("fog", [0, 0, 1], [0, 1, 1]), races("shot_noise", [0, 0, 0], [0, 0, 0])
EXTRA = races("spatter", [1, 1, 1], [1, 1, 1])


def means(*tables):
    return raced_means(pd.concat(tables, ignore_index=True), ["shot_noise"], SETTINGS).set_index("average")


def test_accuracies_are_means_over_images_corruptions_and_severities():
    found = means(FOG, NOISE, EXTRA)
    assert found.accuracy.to_dict() == pytest.approx({"all": 9 / 18, "main": 9 / 12, "without_noises": 3 / 12})
    assert found.corruptions["main"] == "fog, shot_noise"
    assert (found.model["all"], found.num_images["all"], found.draws["all"]) == ("score, raced", 3, 2)
    assert (found.nfe_per_image["all"], found.expected_flips_percent["all"]) == (40.0, pytest.approx(1.0))


def test_an_image_is_resampled_with_all_its_corruptions():
    other = races("frost", [1, 1, 0], [1, 0, 0])  # the opposite of fog: each image survives half
    row = means(FOG, other).loc["all"]
    assert (row.accuracy_ci_low, row.accuracy_ci_high) == (0.5, 0.5)


def test_the_order_of_rows_changes_nothing():
    shuffled = pd.concat([NOISE, FOG], ignore_index=True).sample(frac=1, random_state=0)
    pd.testing.assert_series_equal(means(FOG, NOISE).accuracy_ci_low, means(shuffled).accuracy_ci_low)


def test_other_images_under_another_corruption_are_refused():
    with pytest.raises(ArtifactError, match="races of score: not the same images under every corruption"):
        means(FOG, NOISE.iloc[:-1])


def test_the_step_writes_the_means_and_table_2_has_a_row_of_them(tmp_path):
    for name, table in (("fog", FOG), ("noise", NOISE)):
        artifacts.write_table(tmp_path / f"{name}.parquet", table)
    artifacts.write_json(tmp_path / "averages.json", {"noises": ["shot_noise"], "baseline": "wide_resnet"})
    artifacts.write_json(tmp_path / "settings.json", vars(SETTINGS))
    files = [f"--{name}={tmp_path}/{name}.json" for name in ("averages", "settings")]
    argv = ["--races", f"{tmp_path}/fog.parquet", f"{tmp_path}/noise.parquet", *files, f"--out={tmp_path}/m.parquet"]
    raced_corruptions.main(argv)
    table = comparison.table2(tables()["corruptions"], artifacts.read_table(tmp_path / "m.parquet"), QUOTED)
    row = next(row for row in table.rows if row["model"] == "score, raced")
    assert row["all_corruptions_accuracy_percent"].value == pytest.approx(75.0)
    assert (row["num_images"], row["draws"]) == (3, 2)
    assert any("40 network evaluations an image, 1 % of decisions" in note for note in table.notes)
