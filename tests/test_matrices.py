from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hand_matrices import DENSITIES, LABELS, classifier, hand, matrix

from sbgc import artifacts
from sbgc.artifacts import ArtifactError
from sbgc.procedures.tables import matrices, metrics_tables


def written(tmp_path, one):
    artifacts.write_matrix(tmp_path / "matrix.npz", one)
    return tmp_path / "matrix.npz"


def test_images_are_read_in_the_order_of_their_index_then_of_their_columns(tmp_path):
    scores = np.arange(8.0).reshape(4, 2)
    one = matrix(scores, labels=[0, 1, 0, 1], index=[7, 3, 7, 3], columns={"severity": [2, 1, 1, 2]})
    read = matrices.read(written(tmp_path, one))
    assert read.index.tolist() == [3, 3, 7, 7]
    assert read.columns["severity"].tolist() == [1, 2, 1, 2]
    assert read.scores[:, 0, 0].tolist() == [2.0, 6.0, 4.0, 0.0]
    assert read.labels.tolist() == [1, 1, 0, 0]


def test_images_of_another_dataset_have_scores_but_no_accuracy(tmp_path):
    other = matrix(np.log(DENSITIES), labels=[0, 1, 30])
    other = matrices.read(written(tmp_path, replace(other, meta=other.meta | {"labeled": False})))
    assert matrices.class_scores(other).shape == (3, 3)
    with pytest.raises(ArtifactError, match="no label of its images is a class that the model has learned"):
        metrics_tables.confusion_table(other)


def test_every_tidy_table_tells_the_error_of_the_grid_and_nan_where_there_is_none():
    table = pd.DataFrame({"x": [1, 2]})
    assert matrices.tidy(hand(), table)["grid_rms_bits_per_dim"].tolist() == [0.002, 0.002]
    assert matrices.tidy(hand(), table)["grid_bias_bits_per_dim"].tolist() == [-0.001, -0.001]
    assert matrices.tidy(hand(), table)["grid_gap_rms_nats"].tolist() == [0.3, 0.3]
    assert matrices.tidy(hand(kind="gaussian"), table).filter(like="grid_").isna().all(axis=None)


BAD = {
    "not finite": replace(hand(), scores=np.full((3, 3, 1), np.nan)),
    "labels 0..3": matrix(np.log(DENSITIES), labels=[0, 1, 3]),
    "3 images, but 2 labels": matrix(np.log(DENSITIES), labels=[0, 1]),
    "expected .images, classes, draws.": matrix(np.zeros((0, 3)), labels=[]),
    "meta lacks kind, dim": replace(hand(), meta={k: v for k, v in hand().meta.items() if k not in ("kind", "dim")}),
}


@pytest.mark.parametrize("message", BAD)
def test_a_matrix_that_cannot_be_evaluated_is_refused_in_one_line_that_names_the_file(tmp_path, message):
    with pytest.raises(ArtifactError, match=f"matrix.npz: .*{message}") as caught:
        matrices.read(written(tmp_path, BAD[message]))
    assert "\n" not in str(caught.value)


def test_log_densities_are_averaged_over_draws_arithmetically():
    np.testing.assert_allclose(matrices.class_scores(hand(draws=2)), np.log(DENSITIES))


def test_logits_are_normalized_before_they_are_averaged_over_draws():
    """A draw's logits are known up to a constant, which must not weigh the draws."""
    first, second = np.log([[0.9, 0.1]]), np.log([[0.2, 0.8]])
    one = classifier(np.stack([first + 500.0, second - 3.0], axis=2), labels=[0])
    np.testing.assert_allclose(matrices.class_scores(one), (first + second) / 2, atol=1e-12)


def test_the_clean_partner_has_the_damaged_images_and_as_many_draws():
    clean = [matrix(np.zeros((4, 2, 3)), labels=[0, 0, 1, 1], seed=seed) for seed in (0, 1)]
    damaged = matrix(np.zeros((4, 2, 1)), labels=[0, 1, 0, 1], index=[1, 3, 1, 3], seed=1)
    partner = matrices.clean_partner(clean, damaged)
    assert matrices.of_model(partner) == ("score", 1)
    assert partner.index.tolist() == [1, 3]
    assert partner.scores.shape == (2, 2, 1)


def test_the_clean_partner_of_many_corruptions_of_one_image_holds_it_once():
    """A matrix of several corruptions and severities has an image many times over."""
    clean = [matrix(np.zeros((4, 2, 2)), labels=[0, 0, 1, 1])]
    columns = {"corruption": ["fog"] * 4 + ["snow"] * 2, "severity": [1, 2, 1, 2, 1, 1]}
    damaged = matrix(np.zeros((6, 2, 1)), labels=[0, 0, 1, 1, 0, 1], index=[1, 1, 3, 3, 1, 3], columns=columns)
    partner = matrices.clean_partner(clean, damaged)
    assert partner.index.tolist() == [1, 3]
    assert partner.labels.tolist() == [0, 1]


def test_text_columns_order_the_images_too(tmp_path):
    corruptions = {"corruption": ["snow", "fog", "fog", "snow"]}
    one = matrix(np.arange(8.0).reshape(4, 2), labels=[0] * 4, index=[7, 3, 7, 3], columns=corruptions)
    read = matrices.read(written(tmp_path, one))
    assert read.columns["corruption"].tolist() == ["fog", "snow", "fog", "snow"]
    assert read.scores[:, 0, 0].tolist() == [2.0, 6.0, 4.0, 0.0]


def test_damaged_images_without_their_clean_ones_are_refused():
    damaged = hand(evaluation="corrupt-fog")
    with pytest.raises(ArtifactError, match="corrupt-fog: no clean matrix of score seed 0"):
        matrices.clean_partner([hand(seed=1), replace(hand(), index=np.arange(3) + 1)], damaged)


def test_the_identity_leads_every_table():
    identity = {"experiment": "digits", "dataset": "digits", "model": "score", "kind": "score", "seed": 0}
    assert matrices.identity(hand()) == identity
    table = matrices.tidy(hand(), pd.DataFrame({"value": [1.0, 2.0]}))
    grid = ["grid_bias_bits_per_dim", "grid_rms_bits_per_dim", "grid_gap_rms_nats"]
    assert list(table.columns) == [*identity, "value", *grid]
    assert table["model"].tolist() == ["score", "score"]


def test_the_first_draws_are_those_of_scores_and_of_evaluations():
    first = matrices.first_draws(hand(draws=2), 1)
    assert first.scores.shape == first.nfe.shape == (3, 3, 1)
    assert first.labels.tolist() == LABELS.tolist()
