import math

import pytest
from hand_matrices import SETTINGS, decided

from sbgc.artifacts import ArtifactError
from sbgc.procedures.tables.adversarial_table import adversarial_table, white_box

CLEAN = decided([True, True, True, False], evaluation="attack_clean")


def attacked(norm="linf", against="score-seed0", **meta):
    columns = {"epsilon": [0.25] * 4 + [0.125] * 4}
    facts = {"evaluation": f"pgd-{norm}@{against}", "attack": {"steps": 10}} | meta
    return decided([False] * 4 + [True, False, True, False], index=[0, 1, 2, 3] * 2, columns=columns, **facts)


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
    table = adversarial_table([CLEAN], [attacked(), attacked("l2", against="gaussian-seed0")], SETTINGS)
    assert table["attacked"].unique().tolist() == ["score-seed0", "gaussian-seed0"]
    assert white_box(table)["norm"].unique().tolist() == ["linf"]


def test_steps_that_no_matrix_tells_are_not_a_number():
    table = adversarial_table([CLEAN], [attacked(attack={})], SETTINGS)
    assert all(map(math.isnan, table["steps"]))


def test_an_evaluation_that_names_no_attack_is_refused():
    with pytest.raises(ArtifactError, match="corrupt-fog: not an evaluation pgd-{norm}@{model}-seed{seed}"):
        adversarial_table([CLEAN], [attacked(evaluation="corrupt-fog")], SETTINGS)
    with pytest.raises(ArtifactError, match="pgd-l2@score-seed0: no column epsilon"):
        adversarial_table([CLEAN], [decided([True] * 4, evaluation="pgd-l2@score-seed0")], SETTINGS)
