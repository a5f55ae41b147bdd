import numpy as np
import pytest
from hand_matrices import DENSITIES, LABELS
from scipy.stats import norm

from sbgc.maths import metrics

SCORES = np.log(DENSITIES)


def ece(scores, labels, bins):
    return metrics.ece(metrics.calibration_gaps(scores, labels, bins).mean(axis=0))


def test_the_log_marginal_of_identical_columns_is_the_column():
    column = np.array([-700.0, 3.25, 1200.0])
    np.testing.assert_allclose(metrics.log_marginal(np.repeat(column[:, None], 10, axis=1)), column, rtol=1e-14)


def test_the_log_marginal_is_the_log_of_the_mean_density():
    np.testing.assert_allclose(metrics.log_marginal(SCORES), np.log([1 / 3, 1 / 3, 2 / 3]))


def test_the_importance_weighted_bound_rises_from_the_mean_of_logs_to_the_log_of_the_integral():
    """P(k) = int_k^{k+1} N(x; 0, 1/4) dx at k = 0: with K = 1 the average log-density, with many draws log P."""
    x = np.random.default_rng(0).uniform(0.0, 1.0, (4_000, 1, 256))
    log_prob = norm.logpdf(x, 0.0, 0.5)
    bounds = [metrics.importance_weighted(log_prob[:, :, :draws]).mean() for draws in (1, 4, 16, 64, 256)]
    integral = np.log(norm.cdf(1.0, 0.0, 0.5) - 0.5)
    assert bounds[0] == pytest.approx(log_prob[:, :, 0].mean())
    assert (np.diff(bounds) > 0).all()
    assert bounds[-1] == pytest.approx(integral, abs=0.005)
    assert bounds[0] < integral - 0.1


def test_the_posterior_is_bayes_rule_with_a_uniform_prior():
    np.testing.assert_allclose(np.exp(metrics.log_posterior(SCORES)), DENSITIES / [[1], [1], [2]])


def test_adding_a_constant_to_an_images_scores_changes_no_posterior_even_thousands_of_nats_away():
    np.testing.assert_allclose(metrics.log_posterior(SCORES - 1e4), metrics.log_posterior(SCORES), atol=1e-11)


def test_predictions_confidences_and_losses_of_three_images_are_those_worked_out_by_hand():
    assert metrics.predict(SCORES).tolist() == [0, 1, 0]
    assert metrics.correct(SCORES, LABELS).tolist() == [1.0, 1.0, 0.0]
    np.testing.assert_allclose(metrics.confidence(SCORES), [0.55, 0.75, 0.85])
    np.testing.assert_allclose(metrics.posterior_nll(SCORES, LABELS), -np.log([0.55, 0.75, 0.10]))
    np.testing.assert_allclose(metrics.true_class(SCORES, LABELS), np.log([0.55, 0.75, 0.20]))
    assert metrics.best_wrong_class(SCORES, LABELS).tolist()[2] == 0
    assert metrics.best_wrong_class(SCORES, np.array([0, 0, 0])).tolist() == [1, 1, 2]


def test_of_equal_scores_the_first_class_is_predicted():
    assert metrics.predict(np.zeros((1, 4))).tolist() == [0]


def test_ece_of_three_images_in_three_bins_is_worked_out_by_hand():
    assert ece(SCORES, LABELS, 10) == pytest.approx((0.45 + 0.25 + 0.85) / 3)


def test_ece_with_one_bin_is_accuracy_minus_mean_confidence():
    assert ece(SCORES, LABELS, 1) == pytest.approx(abs(2 / 3 - (0.55 + 0.75 + 0.85) / 3))


def test_ece_is_zero_when_a_confidence_of_80_percent_is_right_in_four_of_five():
    scores = np.log(np.tile([0.8, 0.2], (5, 1)))
    assert ece(scores, np.array([0, 0, 0, 0, 1]), 10) == pytest.approx(0.0, abs=1e-15)


def test_ece_of_calibrated_labels_vanishes_as_images_grow():
    generator = np.random.default_rng(0)
    confidence = generator.uniform(0.5, 1.0, 200_000)
    labels = (generator.random(200_000) > confidence).astype(int)
    scores = np.log(np.stack([confidence, 1 - confidence], axis=1))
    assert ece(scores, labels, 15) < 0.004


def test_ece_of_a_classifier_always_sure_and_right_half_the_time_is_one_half():
    assert ece(np.tile([0.0, -800.0], (4, 1)), np.array([0, 1, 0, 1]), 10) == pytest.approx(0.5)


def test_a_bin_holds_its_upper_edge_and_not_its_lower_one():
    assert metrics.bin_of(np.array([0.0, 0.25, 0.2500001, 0.5, 1.0]), 4).tolist() == [0, 0, 1, 1, 3]


def test_confusion_counts_true_classes_in_rows_and_predicted_ones_in_columns():
    assert metrics.confusion(SCORES, LABELS).tolist() == [[1, 0, 0], [0, 1, 0], [1, 0, 0]]


def test_the_accuracy_of_a_subset_is_that_of_the_mean_of_its_draws():
    draws = np.array([[[1.0, -3.0, 1.0], [0.0, 0.0, 0.0]]])  # of three draws two are right, but the mean of all is not
    subsets = np.array([[True, False, False], [True, True, True], [True, False, True]])
    assert metrics.subset_accuracies(draws, np.array([0]), subsets).tolist() == [1.0, 0.0, 1.0]
