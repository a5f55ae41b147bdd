import numpy as np
import pytest
from hand_explanations import explanations
from scipy.special import log_softmax, logsumexp

from sbgc.artifacts import ArtifactError
from sbgc.procedures.tables import heatmap_table

THREE = [
    explanations(),
    explanations("gaussian", "gaussian", has_latents=False),
    explanations("score", "score", has_latents=False, has_shared=False),
]
BY_MAP = ["model", "index", "map", "class"]


@pytest.mark.parametrize("contrast", [0.0, 1.0])
def test_the_values_of_every_map_sum_to_the_number_beside_them(contrast):
    table = heatmap_table.heatmap_table(THREE, contrast)
    for _, rows in table.groupby(BY_MAP):
        assert rows.value_nats.sum() == pytest.approx(rows.total_nats.iloc[0], abs=1e-4)
        assert len(rows) == rows.height.iloc[0] * rows.width.iloc[0]
        assert len(rows.drop_duplicates(["row", "column"])) == len(rows)
    assert set(table.contrast) == {contrast}


def test_the_numbers_are_those_of_the_models_own_scores():
    table = heatmap_table.heatmap_table(THREE, 1.0)
    scores = THREE[0].scores[0]
    mine = table[(table.model == "beta_1") & (table["index"] == 7)].drop_duplicates(["map", "class"])
    totals = mine.set_index(["map", "class"]).total_nats
    rival = mine.rival.iloc[0]
    assert totals["gap", -1] == pytest.approx(scores[0] - scores[rival])
    assert totals["posterior", 0] == pytest.approx(log_softmax(scores)[0])
    assert totals["posterior", rival] == pytest.approx(log_softmax(scores)[rival])
    assert totals["salience", -1] == pytest.approx(logsumexp(scores) - np.log(3))


def test_all_models_explain_the_label_against_the_class_that_they_together_find_the_most_probable():
    """The second image is of class 2, and the models agree on class 1."""
    table = heatmap_table.heatmap_table(THREE, 1.0)
    rivals = table.groupby("index").rival.unique()
    assert rivals[7].tolist() == [1]
    assert rivals[9].tolist() == [1]


def test_a_model_that_does_not_know_what_its_classes_share_has_no_salience():
    table = heatmap_table.heatmap_table(THREE, 1.0)
    assert set(table[table["map"] == "salience"].model) == {"beta_1", "gaussian"}


def test_errors_over_draws_are_those_of_the_sum():
    """Draws that are a nat apart for all classes alike move log p(x), and no class against another."""
    table = heatmap_table.heatmap_table(THREE, 1.0).drop_duplicates(BY_MAP)
    errors = table.groupby("map").standard_error_nats.max()
    assert errors["salience"] == pytest.approx(0.5)
    assert errors["gap"] == pytest.approx(0.0, abs=1e-9)
    assert errors["posterior"] == pytest.approx(0.0, abs=1e-9)
    one = explanations(log_probs=explanations().log_probs[:, :, :1])
    assert heatmap_table.heatmap_table([one], 1.0).standard_error_nats.isna().all()


def test_models_of_other_images_or_without_maps_are_refused_in_one_line():
    other = explanations("gaussian", "gaussian", index=np.array([7, 8]))
    with pytest.raises(ArtifactError, match="^gaussian explains other images than beta_1$"):
        heatmap_table.heatmap_table([explanations(), other], 1.0)
    with pytest.raises(ArtifactError, match="^beta_1: has no maps$"):
        heatmap_table.heatmap_table([explanations(of_classes=np.zeros(0))], 1.0)


def test_beside_the_error_of_draws_stands_what_the_grid_of_a_likelihood_errs_by():
    left = {"bias_bits_per_dim": 0.001, "rms_bits_per_dim": 0.002, "gap_rms_nats": 0.3}
    score = THREE[2]
    table = heatmap_table.heatmap_table(
        [THREE[0], explanations("score", "score", meta=score.meta | {"grid": left})], 1.0
    )
    told = table.groupby("model")[["grid_rms_bits_per_dim", "grid_gap_rms_nats"]].first()
    assert told.loc["score"].tolist() == [0.002, 0.3]
    assert table[table.model == "beta_1"].grid_gap_rms_nats.isna().all()
