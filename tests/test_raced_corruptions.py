from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hand_matrices import SETTINGS, classifier, corruption, decided, together
from hand_tables import QUOTED, tables

from sbgc import artifacts
from sbgc.artifacts import ArtifactError, Split
from sbgc.procedures.paper import paper_tables
from sbgc.procedures.racing.races import Outcome
from sbgc.procedures.tables.race_table import race_table
from sbgc.procedures.tables.raced_corruptions import raced_means
from sbgc.steps import tabulate_raced_corruptions

FACTS = {"experiment": "digits", "dataset": "digits", "model": "score", "kind": "score", "seed": 0}


def races(kind, *winners):
    """Of three images of class 0, at severities 1, 2, ... in turn, as the race's step writes them."""
    count = 3 * len(winners)
    severity = np.repeat(np.arange(len(winners)) + 1, 3)
    zeros = np.zeros(count, int)
    columns = {name: np.asarray(values) for name, values in corruption(kind, severity).items()}
    split = Split(np.zeros(count), zeros, np.tile([5, 3, 9], len(winners)), columns)
    outcome = Outcome(np.concatenate(winners), zeros + 1, *np.ones((2, count)), 0.01 + zeros, zeros + 2, zeros + 40)
    facts = FACTS | {"evaluation": "raced_corruptions", "split": "raced_corruptions"}
    return race_table(outcome, split, facts, ("fast", None), ("fast", None))


def test_a_race_states_the_procedure_that_decided_and_the_error_of_its_grid():
    """An image without draws was decided by the screening."""
    count = np.ones(3)
    outcome = Outcome(*np.zeros((2, 3), int), count, count, 0.01 * count, np.array([0, 1, 8]), np.full(3, 40))
    screening, drawn = (
        {"bias_bits_per_dim": -error, "rms_bits_per_dim": error, "gap_rms_nats": 10 * error} for error in (0.03, 0.002)
    )
    split = Split(np.zeros(3), np.zeros(3, int), np.arange(3))
    facts = FACTS | {"evaluation": "race", "split": "race"}
    table = race_table(outcome, split, facts, ("fast", screening), ("fast", drawn))
    assert table["procedure"].tolist() == ["fast"] * 3
    assert table["grid_rms_bits_per_dim"].tolist() == [0.03, 0.002, 0.002]
    assert table["grid_bias_bits_per_dim"].tolist() == [-0.03, -0.002, -0.002]
    assert table["grid_gap_rms_nats"].tolist() == pytest.approx([0.3, 0.02, 0.02])
    alone = race_table(outcome, split, facts, ("elbo", None), ("fast", drawn))
    assert alone["procedure"].tolist() == ["elbo", "fast", "fast"]
    assert alone["grid_gap_rms_nats"].isna().tolist() == [True, False, False]


FOG, NOISE = races("fog", [0, 0, 1], [0, 1, 1]), races("shot_noise", [0, 0, 0], [0, 0, 0])
EXTRA = races("spatter", [1, 1, 1], [1, 1, 1])


INDEX = [3, 5, 7, 9]
CLEAN = decided([True, False, True, True], index=INDEX)  # on the images 3, 5 and 9: right, wrong, right
RIGHT, WRONG = [[1.0, 0.0]], [[0.0, 1.0]]


def baseline(kind, *correct):
    """A classifier's logits of the races' images, severities 1, 2, ... in turn; without a kind, of the clean ones."""
    scores = np.concatenate([np.where(np.array(row)[:, None], RIGHT, WRONG) for row in correct])
    facts = {"evaluation": "all_corruptions", "split": "all_corruptions"} if kind else {}
    columns = corruption(kind, np.repeat(np.arange(len(correct)) + 1, len(correct[0]))) if kind else None
    index = np.tile([3, 5, 9] if kind else INDEX, len(correct))
    return classifier(scores, labels=np.zeros(len(scores), int), index=index, columns=columns, **facts)


BASELINE = [baseline(None, [1, 1, 0, 1])]
SCORED = [baseline("fog", [0, 0, 1], [1, 1, 1]), baseline("shot_noise", [1, 0, 1], [1, 0, 1])]


def means(*tables, clean=(CLEAN,), scored=(), model="score, raced"):
    races = pd.concat(tables, ignore_index=True)
    found = raced_means(races, clean, scored, ["shot_noise"], "wide_resnet", SETTINGS)
    return found[found.model == model].set_index("average")


def test_accuracies_are_means_over_images_corruptions_and_severities():
    found = means(FOG, NOISE, EXTRA)
    assert found.accuracy.to_dict() == pytest.approx(
        {"clean": 2 / 3, "all": 9 / 18, "main": 9 / 12, "without_noises": 3 / 12}
    )
    assert found.corruptions["main"] == "fog, shot_noise"
    assert (found.model["all"], found.num_images["all"], found.draws["all"]) == ("score, raced", 3, 2)
    assert (found.nfe_per_image["all"], found.expected_flips_percent["all"]) == (40.0, pytest.approx(1.0))


def test_the_corruption_error_is_against_the_baseline_on_the_same_images():
    """Fog: 3 of 6 wrong against 2 of 6; noise: 0 against 2. Clean: 1 of 3 wrong against 0 of 3."""
    row = means(FOG, NOISE, clean=[CLEAN, *BASELINE], scored=SCORED).loc["main"]
    assert row.mce_percent == pytest.approx(100 * np.mean([3 / 2, 0 / 2]))
    fog, noise = (3 / 6 - 1 / 3) / (2 / 6), (0 - 1 / 3) / (2 / 6)
    assert row.relative_mce_percent == pytest.approx(100 * np.mean([fog, noise]))
    assert (row.mce_corruptions, row.relative_mce_corruptions) == (2, 2)


def test_without_the_baseline_there_is_no_corruption_error():
    assert np.isnan(means(FOG, NOISE).loc["main"].mce_percent)


def test_what_does_not_race_has_rows_of_its_scores_of_all_images():
    found = means(FOG, NOISE, clean=[CLEAN, *BASELINE], scored=SCORED, model="wide_resnet, raced images")
    assert found.accuracy.to_dict() == pytest.approx(
        {"clean": 1.0, "all": 8 / 12, "main": 8 / 12, "without_noises": 4 / 6}
    )
    assert found.num_images.tolist() == [3] * 4
    assert found.mce_percent["main"] == 100.0


def test_a_race_may_be_the_baseline():
    """Fog: 3 of 6 of the score model's are wrong, and 2 of 6 of the other's; noise: none, so that it has no ratio."""
    races = pd.concat([FOG, NOISE], ignore_index=True)
    found = raced_means(races, [CLEAN, *BASELINE], SCORED, ["shot_noise"], "score", SETTINGS)
    main = found[found.average == "main"].set_index("model")
    assert main.mce_percent.to_dict() == pytest.approx({"score, raced": 100.0, "wide_resnet, raced images": 200 / 3})


def test_clean_errors_are_of_as_many_draws_as_a_race_has_in_whatever_order_the_images_are():
    """Of two draws image 5 is wrong, of three right; the races have two at most."""
    draws = np.stack([CLEAN.scores[..., 0]] * 2 + [np.tile([9.0, -9.0], (4, 1))], axis=2)
    order = [2, 0, 3, 1]
    more = replace(CLEAN, scores=draws[order], nfe=np.ones((4, 2, 3)), index=np.array(INDEX)[order])
    row = means(FOG, clean=[more]).loc["clean"]
    assert (row.accuracy, row.draws, row.source) == (pytest.approx(2 / 3), 2, "")


def test_clean_images_that_are_missing_are_refused():
    with pytest.raises(ArtifactError, match="^races of score: no clean matrix of it holds all their images$"):
        means(FOG, clean=[decided([True, True], index=[3, 5])])


def test_an_image_is_resampled_with_all_its_corruptions():
    other = races("frost", [1, 1, 0], [1, 0, 0])  # the opposite of fog: each image survives half
    row = means(FOG, other).loc["all"]
    assert (row.accuracy_ci_low, row.accuracy_ci_high) == (0.5, 0.5)


def test_the_order_of_rows_changes_nothing():
    shuffled = pd.concat([NOISE, FOG], ignore_index=True).sample(frac=1, random_state=0)
    pd.testing.assert_series_equal(means(FOG, NOISE).accuracy_ci_low, means(shuffled).accuracy_ci_low)


def test_an_image_that_raced_twice_is_refused():
    with pytest.raises(ArtifactError, match="^races of score: image 5 comes twice under fog, severity 1$"):
        means(FOG, NOISE, FOG.iloc[:1])


def test_corruptions_in_one_matrix_make_the_means_of_a_matrix_each():
    apart, one = (
        means(FOG, NOISE, clean=[CLEAN, *BASELINE], scored=scored, model="wide_resnet, raced images")
        for scored in (SCORED, [together(*SCORED)])
    )
    pd.testing.assert_frame_equal(one, apart)


def test_no_model_need_be_the_baseline():
    races = pd.concat([FOG, NOISE], ignore_index=True)
    found = raced_means(races, [CLEAN, *BASELINE], SCORED, ["shot_noise"], None, SETTINGS)
    assert found["mce_percent"].isna().all()


def test_other_images_under_another_corruption_are_refused():
    with pytest.raises(ArtifactError, match="races of score: not the same images under every corruption"):
        means(FOG, NOISE.iloc[:-1])


def test_the_step_writes_the_means_and_table_2_has_a_row_of_them(tmp_path):
    for name, table in (("fog", FOG), ("noise", NOISE)):
        artifacts.write_table(tmp_path / f"{name}.parquet", table)
    artifacts.write_json(tmp_path / "cost.json", [{"flop": 7}])
    settings = ["--averages", '{"noises": ["shot_noise"], "baseline": "wide_resnet"}', f"--cost={tmp_path}/cost.json"]
    settings += ["--settings", SETTINGS.model_dump_json()]
    for name, matrix in (("clean", CLEAN), ("baseline", *BASELINE), ("of_fog", SCORED[0]), ("of_noise", SCORED[1])):
        artifacts.write_matrix(tmp_path / f"{name}.npz", matrix)
    argv = ["--races", f"{tmp_path}/fog.parquet", f"{tmp_path}/noise.parquet", *settings, f"--out={tmp_path}/m.parquet"]
    argv += ["--clean", f"{tmp_path}/clean.npz", f"{tmp_path}/baseline.npz"]
    argv += ["--matrices", f"{tmp_path}/of_fog.npz", f"{tmp_path}/of_noise.npz"]
    tabulate_raced_corruptions.main(argv)
    assert artifacts.read_table(tmp_path / "m.parquet").attrs["manifest"]["estimated_cost"] == [{"flop": 7}]
    table = paper_tables.table2(tables()["corruption_means"], artifacts.read_table(tmp_path / "m.parquet"), QUOTED)
    row = next(row for row in table.rows if row["model"] == "score, raced")
    assert row["all_corruptions_accuracy_percent"].value == pytest.approx(75.0)
    assert row["mce_percent"].value == pytest.approx(75.0)
    assert (row["num_images"], row["draws"]) == (3, 2)
    assert any(
        "40 network evaluations per image, and more draws are expected to change 1 % of its decisions" in note
        for note in table.notes
    )
