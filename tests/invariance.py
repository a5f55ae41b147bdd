"""An image's value depends on nothing but the image, the class and its keys."""

import numpy as np
import pytest
import tiny

from sbgc.procedures.scoring import bayes

LIMIT = 1e-5  # nats
PROCEDURES = pytest.mark.parametrize("likelihood", [tiny.FAST, tiny.REFERENCE], ids=["fast", "reference"])
IMAGES = tiny.split(7, draws=2)


def values(likelihood, split, batch_size=4):
    return bayes.log_prob_matrix(tiny.score_model(likelihood), split, 0, batch_size)[0]


@pytest.fixture(scope="module")
def alone():
    """The values of each image and draw, evaluated in one batch size and order."""
    return {likelihood.procedure: values(likelihood, IMAGES) for likelihood in (tiny.FAST, tiny.REFERENCE)}


@PROCEDURES
def test_the_order_of_the_images_changes_no_value(likelihood, alone):
    order = np.array([3, 0, 6, 5, 1, 2, 4])
    assert abs(values(likelihood, IMAGES.take(order)) - alone[likelihood.procedure][order]).max() <= LIMIT


@PROCEDURES
def test_the_number_of_shards_changes_no_value(likelihood, alone):
    shards = [values(likelihood, IMAGES.shard(shard, 3)) for shard in range(3)]
    assert abs(np.concatenate(shards) - alone[likelihood.procedure]).max() <= LIMIT


@pytest.mark.parametrize(("likelihood", "batch_size"), [(tiny.FAST, 1), (tiny.FAST, 14)])
def test_the_batch_size_changes_no_value(likelihood, batch_size, alone):
    assert abs(values(likelihood, IMAGES, batch_size) - alone[likelihood.procedure]).max() <= LIMIT


@PROCEDURES
def test_a_hard_batch_mate_changes_no_value(likelihood, alone):
    """One solve for a whole batch would choose the steps that its hardest image needs."""
    images = IMAGES.images.copy()
    images[1:] = np.random.default_rng(2).uniform(0, tiny.LEVELS, images[1:].shape)
    with_others = values(likelihood, type(IMAGES)(images, IMAGES.labels, IMAGES.index))
    assert abs(with_others[0] - alone[likelihood.procedure][0]).max() <= LIMIT
