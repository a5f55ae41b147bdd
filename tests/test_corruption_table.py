import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hand_matrices import SETTINGS, classifier, corruption, decided, together

from sbgc.artifacts import ArtifactError
from sbgc.procedures.tables.corruption_table import corruption_table, means_table

CLEAN = decided([True, True, True, False, False], index=[10, 11, 12, 13, 14])
IMAGES = [10, 11, 12, 13]


def corrupted(name, *correct, index=IMAGES, source="CIFAR-10-C style", **meta):
    """The first four images, severities 1, 2, ... in turn; `correct` of each severity."""
    flat = np.concatenate(correct).astype(bool)
    columns = corruption(name, np.repeat(np.arange(len(correct)) + 1, len(index)), source)
    facts = {"evaluation": "corruptions", "split": "corruptions", **meta}
    return decided(flat, index=np.tile(index, len(correct)), columns=columns, **facts)


FOG = corrupted("fog", [1, 1, 0, 0], [0, 0, 0, 0])
NOISE = corrupted("shot_noise", [0, 0, 1, 1], [1, 1, 1, 1])


def cells():
    return corruption_table([CLEAN], [NOISE, FOG], SETTINGS).set_index(["corruption", "severity"])


def means(noises=("shot_noise",), matrices=(FOG, NOISE), clean=(CLEAN,)):
    return means_table(clean, matrices, noises, "baseline", SETTINGS).set_index("average")


def test_clean_images_come_first_then_corruptions_and_severities_in_order():
    expected = [("clean", 0), ("fog", 1), ("fog", 2), ("shot_noise", 1), ("shot_noise", 2)]
    assert cells().index.tolist() == expected


def test_accuracies_are_those_of_the_corrupted_images_alone():
    assert cells()["accuracy"].tolist() == [0.75, 0.5, 0.0, 0.5, 1.0]
    assert set(cells()["num_images"]) == {4}


def test_log_p_x_is_the_marginal_with_its_prior():
    marginal = math.log((1.0 + math.exp(-1.0)) / 2.0)
    assert cells()["log_prob_nats"].tolist() == pytest.approx([marginal] * 5)
    assert cells()["bits_per_dim"].tolist() == pytest.approx([-marginal / (2 * math.log(2))] * 5)


def test_changes_of_log_p_x_are_against_the_same_images():
    """Two nats less for every image: whichever are drawn, the change is the same."""
    darker = replace(FOG, scores=FOG.scores - 2.0)
    found = corruption_table([CLEAN], [darker], SETTINGS).set_index(["corruption", "severity"]).loc[("fog", 2)]
    names = [f"log_prob_change_{end}nats" for end in ("ci_low_", "", "ci_high_")]
    assert found[names].tolist() == pytest.approx([-2.0] * 3)


def test_a_cell_where_all_images_fail_has_an_interval_that_is_not_a_point():
    row = cells().loc[("fog", 2)]
    assert row["accuracy_ci_low"] == 0.0
    assert row["accuracy_ci_high"] == pytest.approx(1.959964**2 / (4 + 1.959964**2))


def test_means_are_unweighted_over_corruptions_and_severities():
    both = "fog, shot_noise"
    assert means()["accuracy"].to_dict() == {"clean": 0.75, "all": 0.5, "main": 0.5, "without_noises": 0.25}
    assert means()["corruptions"].to_dict() == {"clean": "", "all": both, "main": both, "without_noises": "fog"}
    assert set(means()["split"]) == {"test"}


def test_corruptions_of_an_image_are_resampled_together():
    """Each image survives half of its corruptions: whichever images are drawn, the mean is one half."""
    row = means().loc["all"]
    assert (row["accuracy_ci_low"], row["accuracy_ci_high"]) == (0.5, 0.5)
    alone = means().loc["without_noises"]
    assert alone["accuracy_ci_low"] < 0.25 < alone["accuracy_ci_high"]


def test_where_all_corruptions_are_noises_there_is_no_mean_without_them():
    assert list(means(noises=("shot_noise", "fog")).index) == ["clean", "all", "main"]


def test_the_main_corruptions_are_without_cifar_10_cs_extra_ones():
    extra = corrupted("spatter", [0, 0, 0, 0], [0, 0, 0, 0])
    found = means(matrices=(FOG, NOISE, extra))
    assert found.loc["all", "accuracy"] == pytest.approx(1 / 3)
    assert found.loc["main", "accuracy"] == 0.5
    assert list(means(noises=(), matrices=(extra,)).index) == ["clean", "all", "without_noises"]


def test_errors_are_held_against_those_of_the_baseline_of_the_same_seed():
    """Of 8 answers under each corruption the model has 6 and 2 wrong, the baseline 8 and 4: 100 (6/8 + 2/4) / 2."""
    baseline = {"model": "baseline", "seed": 0}
    clean = decided([True] * 5, index=CLEAN.index, **baseline)
    damaged = [
        corrupted("fog", [0, 0, 0, 0], [0, 0, 0, 0], **baseline),
        corrupted("shot_noise", [0, 0, 1, 1], [0, 0, 1, 1], **baseline),
    ]
    found = means(clean=(CLEAN, clean), matrices=(FOG, NOISE, *damaged)).set_index("model", append=True)
    assert found.loc[("main", "score"), "mce_percent"] == pytest.approx(62.5)
    assert found.loc[("main", "baseline"), "mce_percent"] == pytest.approx(100.0)
    # The model loses 0.5 and 0 of its 0.75, the baseline 1 and 0.5.
    assert found.loc[("main", "score"), "relative_mce_percent"] == pytest.approx(25.0)
    assert math.isnan(means().loc["main", "mce_percent"])


def test_entropy_increases_against_the_same_images():
    """The hand-made density is as sure of every image: at two classes and one nat, whatever it was shown."""
    found = cells()
    assert found["entropy_increase_nats"].tolist() == pytest.approx([0.0] * 5)
    doubtful = replace(FOG, scores=0.0 * FOG.scores)
    p = 1.0 / (1.0 + math.exp(-1.0))
    sure = -p * math.log(p) - (1 - p) * math.log(1 - p)
    row = corruption_table([CLEAN], [doubtful], SETTINGS).set_index(["corruption", "severity"]).loc[("fog", 1)]
    assert row["entropy_increase_nats"] == pytest.approx(math.log(2) - sure)
    assert row["entropy_increase_ci_low_nats"] == pytest.approx(math.log(2) - sure)


def test_the_source_of_the_corrupted_images_stands_in_each_row():
    official = corrupted("fog", [1, 1, 0, 0], source="CIFAR-10-C")
    styled = corrupted("shot_noise", [1, 1, 0, 0])
    sources = corruption_table([CLEAN], [official, styled], SETTINGS)["source"].tolist()
    assert sources == ["", "CIFAR-10-C", "CIFAR-10-C style"]
    assert means(matrices=(official, styled)).loc["all", "source"] == "CIFAR-10-C and CIFAR-10-C style"


def test_the_clean_images_are_seen_with_as_many_draws_as_the_corrupted_ones():
    """With two draws the clean images would be classified by the mean, here by the first."""
    scores = np.concatenate([CLEAN.scores, 9.0 * CLEAN.scores[:, ::-1]], axis=2)
    clean = replace(CLEAN, scores=scores, nfe=np.ones(scores.shape, int))
    row = corruption_table([clean], [FOG], SETTINGS).iloc[0]
    assert (row["accuracy"], row["draws"]) == (0.75, 1)


def test_a_classifier_has_accuracies_and_no_likelihood():
    clean = classifier(CLEAN.scores, labels=CLEAN.labels, index=CLEAN.index)
    fog = classifier(FOG.scores, labels=FOG.labels, index=FOG.index, columns=FOG.columns, evaluation="corruptions")
    table = corruption_table([clean], [fog], SETTINGS)
    assert table["accuracy"].tolist() == [0.75, 0.5, 0.0]
    assert table[["log_prob_nats", "log_prob_ci_low_nats", "bits_per_dim"]].isna().all(axis=None)


def test_each_seed_is_held_against_its_own_clean_images():
    clean = [CLEAN, decided([False] * 5, index=CLEAN.index, seed=1)]
    both = [FOG, corrupted("fog", [1, 1, 0, 0], [0, 0, 0, 0], seed=1)]
    table = corruption_table(clean, both, SETTINGS)
    assert table[table["severity"] == 0].set_index("seed")["accuracy"].to_dict() == {0: 0.75, 1: 0.0}


def test_corruptions_of_other_images_are_refused():
    other = corrupted("zoom_blur", [1, 1, 1, 1], index=[10, 11, 12, 14])
    with pytest.raises(
        ArtifactError, match="^zoom_blur, severity 1: does not hold exactly the images of the other corruptions$"
    ):
        corruption_table([CLEAN], [FOG, other], SETTINGS)


def test_a_corruption_given_twice_is_refused_and_not_weighted_twice():
    with pytest.raises(ArtifactError, match="^fog, severity 1: given twice$"):
        corruption_table([CLEAN], [together(FOG, NOISE), FOG], SETTINGS)


def test_an_image_that_comes_twice_under_a_corruption_is_refused():
    twice = corrupted("fog", [1, 1, 0, 0, 0], index=[10, 11, 12, 13, 13])
    with pytest.raises(ArtifactError, match="^fog, severity 1: does not hold exactly the images"):
        corruption_table([CLEAN], [NOISE, twice], SETTINGS)


def test_corruptions_with_other_numbers_of_draws_are_refused():
    more = replace(FOG, scores=np.repeat(FOG.scores, 2, axis=2), nfe=np.repeat(FOG.nfe, 2, axis=2))
    with pytest.raises(ArtifactError, match="^fog, severity 1: 2 draws of each image, but 1 of each clean image$"):
        corruption_table([CLEAN], [NOISE, more], SETTINGS)


def test_many_corruptions_in_one_matrix_make_the_tables_of_a_matrix_each():
    one = [together(NOISE, FOG)]
    pd.testing.assert_frame_equal(
        corruption_table([CLEAN], one, SETTINGS), corruption_table([CLEAN], [FOG, NOISE], SETTINGS)
    )
    pd.testing.assert_frame_equal(means(matrices=one), means())


def test_without_a_baseline_there_is_no_corruption_error():
    table = means_table([CLEAN], [FOG, NOISE], [], None, SETTINGS)
    assert table.filter(regex="mce.*percent").isna().all(axis=None)
    assert set(table["mce_corruptions"]) == {0}


def test_a_matrix_that_names_no_corruption_is_refused():
    with pytest.raises(ArtifactError, match="^corruptions: no column corruption, severity, source$"):
        corruption_table([CLEAN], [replace(FOG, columns={})], SETTINGS)


def test_a_model_that_learns_no_classes_has_a_likelihood_alone():
    def unnamed(matrix):
        return replace(matrix, meta=matrix.meta | {"model": "flow", "labeled": False})

    clean, damaged = [CLEAN, unnamed(CLEAN)], [FOG, NOISE, unnamed(FOG), unnamed(NOISE)]
    named, without = (means(matrices=part, clean=clean) for part in (damaged[:2], damaged[2:]))
    compared = [name for name in named.columns if name.startswith("log_prob") or name == "bits_per_dim"]
    pd.testing.assert_frame_equal(without[compared], named[compared])
    nowhere = ["accuracy", "accuracy_ci_low", "entropy_increase_nats", "mce_percent", "relative_mce_percent"]
    assert without[nowhere].isna().all().all()
    both = means_table(clean, damaged, (), "baseline", SETTINGS)
    assert both.groupby("model")["accuracy"].count().to_dict() == {"flow": 0, "score": 4}
