import itertools
import math

import numpy as np
import pytest
from hand_matrices import SETTINGS, classifier, matrix

from sbgc.procedures.tables.convergence import convergence_table

# Two images of class 0, three classes, three draws.
DRAWS = np.array(
    [
        [[-1.0, -4.0, -1.0], [-2.0, -2.0, -8.0], [-3.0, -3.0, 0.0]],
        [[-5.0, -5.0, -5.0], [-6.0, -7.0, -8.0], [-9.0, -9.0, -9.0]],
    ]
)


def table(settings=SETTINGS):
    return convergence_table(matrix(DRAWS, labels=[0, 0]), settings).set_index("draws")


def test_there_is_a_row_for_each_number_of_draws():
    assert table().index.tolist() == [1, 2, 3]


def test_log_likelihoods_are_means_over_the_first_draws():
    assert table()["log_prob_correct_nats"].tolist() == pytest.approx([-3.0, (-2.5 - 5.0) / 2, (-2.0 - 5.0) / 2])


def test_the_best_wrong_class_is_chosen_by_the_mean_over_those_draws():
    """Of the first image class 1 leads with one draw and with two, class 2 with all three (-2 against -4)."""
    assert table()["log_prob_wrong_nats"].tolist() == pytest.approx(
        [(-2.0 - 6.0) / 2, (-2.0 - 6.5) / 2, (-2.0 - 7.0) / 2]
    )


def test_the_standard_error_is_an_images_own_averaged_over_images_and_unknown_for_one_draw():
    correct = table()["log_prob_correct_sem_nats"]
    assert math.isnan(correct[1])
    assert correct[2] == pytest.approx(
        1.5 / 2
    )  # sd of (-1, -4) is 3/sqrt 2; over sqrt 2 it is 3/2; the second image's is 0
    wrong = table()["log_prob_wrong_sem_nats"]
    assert wrong[2] == pytest.approx(0.5 / 2)  # (-2, -2) and (-6, -7)
    assert wrong[3] == pytest.approx((1.0 + 1.0 / math.sqrt(3)) / 2)  # (-3, -3, 0) and (-6, -7, -8)


def test_accuracy_is_the_mean_over_random_subsets_of_the_draws():
    exact = {}
    for n in (1, 2, 3):
        subsets = itertools.combinations(range(3), n)
        exact[n] = [np.mean(DRAWS[:, :, subset].mean(axis=2).argmax(axis=1) == 0) for subset in subsets]
    found = table(SETTINGS.model_copy(update={"subsamples": 4000}))
    for n, accuracies in exact.items():
        assert found["accuracy_mean"][n] == pytest.approx(np.mean(accuracies), abs=0.02)
        assert found["accuracy_sd"][n] == pytest.approx(np.std(accuracies), abs=0.02)
    assert found["accuracy_mean"][3] == exact[3][0]


def test_with_all_draws_there_is_one_subset_and_no_deviation():
    assert table()["accuracy_sd"][3] == 0.0


def test_one_subset_has_no_known_deviation():
    assert math.isnan(table(SETTINGS.model_copy(update={"subsamples": 1}))["accuracy_sd"][1])


def test_the_standard_error_of_independent_draws_falls_as_one_over_root_n():
    noise = np.random.default_rng(0).normal(scale=3.0, size=(400, 2, 16))
    found = convergence_table(matrix(noise, labels=np.zeros(400, int)), SETTINGS).set_index("draws")
    assert found["log_prob_correct_sem_nats"][16] == pytest.approx(3.0 / 4.0, rel=0.03)


def test_a_classifier_converges_in_accuracy_and_has_no_log_likelihood():
    found = convergence_table(classifier(DRAWS, labels=[0, 0]), SETTINGS)
    assert found["accuracy_mean"].notna().all()
    assert found.filter(like="log_prob").isna().all(axis=None)
