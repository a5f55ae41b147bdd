from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hand_matrices import SETTINGS, decided, together
from hand_matrices import attacked as columns_of

from sbgc.artifacts import ArtifactError
from sbgc.procedures.tables import matrices
from sbgc.procedures.tables.adversarial_table import adversarial_table, white_box

CLEAN = decided([True, True, True, False])


def attacked(norm="linf", target="score-seed0", steps=10, index=(0, 1, 2, 3) * 2):
    columns = columns_of(norm, [0.25] * 4 + [0.125] * 4, target, steps)
    correct = [False] * 4 + [True, False, True, False]
    return decided(correct, index=index, columns=columns, evaluation="attacks", split="attacks")


def test_accuracy_falls_from_clean_images_over_growing_epsilons():
    table = adversarial_table([CLEAN], [attacked()], SETTINGS)
    assert table["epsilon"].tolist() == [0.0, 0.125, 0.25]
    assert table["accuracy"].tolist() == [0.75, 0.5, 0.0]
    assert table["norm"].tolist() == ["linf"] * 3
    assert table["steps"].tolist() == [10] * 3
    assert table["split"].tolist() == ["test"] * 3


def test_an_accuracy_of_zero_has_wilsons_interval():
    last = adversarial_table([CLEAN], [attacked()], SETTINGS).iloc[-1]
    z2 = 1.959964**2
    assert (last["ci_low"], last["ci_high"]) == (0.0, pytest.approx(z2 / (4 + z2)))


def test_only_attacks_on_the_evaluated_model_are_white_box():
    table = adversarial_table([CLEAN], [attacked(), attacked("l2", target="gaussian-seed0")], SETTINGS)
    assert table["attacked"].unique().tolist() == ["score-seed0", "gaussian-seed0"]
    assert white_box(table)["norm"].unique().tolist() == ["linf"]


def test_many_attacks_in_one_matrix_make_the_table_of_a_matrix_each():
    many = [attacked("linf"), attacked("l2", steps=20), attacked("l2", target="gaussian-seed0")]
    apart = adversarial_table([CLEAN], many, SETTINGS)
    pd.testing.assert_frame_equal(adversarial_table([CLEAN], [together(*many)], SETTINGS), apart)
    assert apart["steps"].tolist() == [10] * 3 + [20] * 3 + [10] * 3
    assert apart["attacked"].tolist() == ["score-seed0"] * 6 + ["gaussian-seed0"] * 3


def test_the_clean_row_is_of_the_images_of_its_own_attack():
    """Of two attacks in one matrix, one is of all images and the other of the last two, one of which is right."""
    of_two = matrices.take(attacked("l2"), np.array([2, 3, 6, 7]))
    table = adversarial_table([CLEAN], [together(attacked(), of_two)], SETTINGS)
    clean = table[table["epsilon"] == 0.0].set_index("norm")
    assert clean["num_images"].to_dict() == {"linf": 4, "l2": 2}
    assert clean["accuracy"].to_dict() == {"linf": 0.75, "l2": 0.5}


@pytest.mark.parametrize("index", [(0, 1, 2, 3, 0, 1, 2, 2), (0, 1, 2, 3, 0, 1, 3, 3)])
def test_an_epsilon_without_an_image_or_with_one_twice_is_refused(index):
    message = "^the linf attack on score-seed0: epsilon 0.125 does not hold every attacked image exactly once$"
    with pytest.raises(ArtifactError, match=message):
        adversarial_table([CLEAN], [attacked(index=index)], SETTINGS)


def test_an_attack_given_twice_is_refused():
    with pytest.raises(ArtifactError, match="epsilon 0.125 does not hold every attacked image exactly once"):
        adversarial_table([CLEAN], [together(attacked(), attacked())], SETTINGS)
    with pytest.raises(ArtifactError, match="^score seed 0: the linf attack on score-seed0 comes twice$"):
        adversarial_table([CLEAN], [attacked(), attacked()], SETTINGS)


def test_a_matrix_that_names_no_attack_is_refused():
    columns = {name: values for name, values in attacked().columns.items() if name not in ("norm", "steps")}
    with pytest.raises(ArtifactError, match="^attacks: no column norm, steps$"):
        adversarial_table([CLEAN], [replace(attacked(), columns=columns)], SETTINGS)
