"""benchmarks/class_gaps_report.py: what it makes of classes that were drawn fewer times than others."""

import numpy as np
import pytest
from configurations import ROOT

NATS = np.array([[0.0, -3.0, -40.0], [-2.0, 0.0, -50.0]])  # of each image's classes


@pytest.fixture
def report(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    import class_gaps_report

    return class_gaps_report


def test_a_class_out_of_reach_keeps_its_gap_and_not_its_score(report):
    """What classes share of a draw moves them by hundreds of nats, so that a mean over other draws means nothing."""
    shared = 300.0 * np.arange(8.0)[::-1]  # the first draws are the highest
    scores = NATS[:, :, None] + shared
    scores[:, 2, report.SCREENED :] = np.nan
    found = report.complete(scores)
    np.testing.assert_allclose(found, NATS[:, :, None] + shared)
    assert found.mean(axis=2).argmax(axis=1).tolist() == [0, 1]


def test_what_was_drawn_stays_as_it_is(report):
    scores = np.random.default_rng(0).normal(size=(4, 3, 8))
    np.testing.assert_array_equal(report.complete(scores), scores)
