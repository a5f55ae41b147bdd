import numpy as np
import pytest
import tiny

from sbgc.artifacts import ArtifactError
from sbgc.procedures import classification, explanation
from sbgc.procedures.scoring import bayes


def test_the_parts_add_up_to_the_gap_of_the_mean_scores():
    model, split = tiny.score_model(tiny.FAST), classification.dequantized(tiny.split(2).images, 0, 2, 1)
    scores, _ = bayes.log_prob_matrix(model, split, 3, batch_size=2)
    for row in range(2):
        mean = scores[row].mean(axis=1)
        winner, rival = (int(one) for one in mean.argsort()[::-1][:2])
        found = explanation.explain(model, split, row, 3, winner, rival)
        assert found.path.shape == (tiny.FAST.nodes, *tiny.SHAPE)
        assert found.end.shape == tiny.SHAPE
        assert (np.diff(found.u) > 0).all()
        assert found.path.sum() + found.end.sum() == pytest.approx(mean[winner] - mean[rival], abs=2e-3)


def test_a_likelihood_without_a_grid_is_refused_in_one_line():
    split = classification.dequantized(tiny.split(1).images, 0, 2, 1)
    with pytest.raises(ArtifactError, match="^--explain needs a score model whose likelihood is `fast`$"):
        explanation.explain(tiny.score_model(tiny.REFERENCE), split, 0, 0, 0, 1)
