from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hand_matrices import SETTINGS, decided, together
from hand_matrices import attacked as columns_of

from sbgc.artifacts import ArtifactError
from sbgc.procedures.tables.adversarial_table import adversarial_table, white_box

EPSILONS = {"linf": (0.25, 0.125)}
BOTH = EPSILONS | {"l2": (1.0,)}


def before(target="score-seed0", index=(0, 1, 2, 3)):
    """The last image is wrong before any attack."""
    columns = columns_of("none", np.zeros(4), target)
    return decided([True, True, True, False], index=index, columns=columns, evaluation="attacks")


def attacked(
    norm="linf", target="score-seed0", index=(0, 1, 2, 3) * 2, name=None, size=None, epsilon=None, correct=None
):
    """Two images resist the smaller bound, and one of them lies beyond what the larger one reaches."""
    epsilon = [0.25] * 4 + [0.125] * 4 if epsilon is None else epsilon
    columns = columns_of(norm, epsilon, target, name, size)
    correct = [False, False, True, False, True, False, True, False] if correct is None else correct
    return decided(correct, index=index, columns=columns, evaluation="attacks", split="attacks")


def least(size, correct, name="fmn_linf", norm="linf"):
    """An attack that looks for the least perturbation, of four images."""
    return attacked(norm, index=(0, 1, 2, 3), name=name, epsilon=[np.nan] * 4, size=size, correct=correct)


def rows(table, attack, norm="linf"):
    return table[(table["attack"] == attack) & (table["norm"] == norm)].set_index("epsilon")


def test_accuracy_falls_from_clean_images_over_growing_epsilons():
    table = adversarial_table([before(), attacked()], EPSILONS, SETTINGS)
    for attack in ("pgd_linf", "worst"):
        found = rows(table, attack)
        assert found["accuracy"].to_dict() == {0.0: 0.75, 0.125: 0.5, 0.25: 0.25}
        assert set(found["split"]) == {"test"}
        assert set(found["num_images"]) == {4}
        assert set(found["draws"]) == {1}


def test_an_image_that_is_wrong_before_stays_counted_so():
    """Even where every attacked version of it is right."""
    right = attacked(correct=[True] * 8)
    table = adversarial_table([before(), right], EPSILONS, SETTINGS)
    assert rows(table, "worst")["accuracy"].to_dict() == {0.0: 0.75, 0.125: 0.75, 0.25: 0.75}


def test_what_misleads_within_a_smaller_bound_misleads_within_a_larger_one():
    """The first image is wrong at 0.125, and a weaker walk within 0.25 leaves it right."""
    luckless = attacked(correct=[True] * 4 + [False, True, True, True])
    table = adversarial_table([before(), luckless], EPSILONS, SETTINGS)
    assert rows(table, "worst")["accuracy"].to_dict() == {0.0: 0.75, 0.125: 0.5, 0.25: 0.5}


def test_a_least_perturbation_counts_from_its_size_on_and_only_where_the_judge_is_misled():
    found = least([0.1, 0.2, 0.05, 0.0], [False, False, True, False])
    table = adversarial_table([before(), found], EPSILONS, SETTINGS)
    assert rows(table, "fmn_linf")["accuracy"].to_dict() == {0.0: 0.75, 0.125: 0.5, 0.25: 0.25}
    assert rows(table, "fmn_linf")["least_median"].tolist() == pytest.approx([0.15] * 3)  # of 0.1, 0.2, infinity and 0


def test_the_worst_case_is_that_of_each_image_over_all_attacks():
    """One attack misleads the first image, the other one the second."""
    first, second = least([0.1] * 4, [False, True, True, False], "a"), least([0.1] * 4, [True, False, True, False], "b")
    table = adversarial_table([before(), together(first, second)], EPSILONS, SETTINGS)
    assert [rows(table, name)["accuracy"][0.125] for name in ("a", "b", "worst")] == [0.5, 0.5, 0.25]
    assert rows(table, "worst")["queries"][0.125] == 24
    assert rows(table, "a")["gradients"][0.125] == 10


def test_an_image_counts_in_every_norm_by_its_measured_size():
    """An l_2 attack whose largest change of a pixel is small is an attack in l_inf as well."""
    away = least([0.9] * 4, [False, True, True, False], "fmn_l2", "l2")
    away.columns["norm_linf"][:] = 0.1
    table = adversarial_table([before(), away], BOTH, SETTINGS)
    assert rows(table, "worst", "linf")["accuracy"].to_dict() == {0.0: 0.75, 0.125: 0.5, 0.25: 0.5}
    assert rows(table, "worst", "l2")["accuracy"].to_dict() == {0.0: 0.75, 1.0: 0.5}
    assert rows(table, "fmn_l2", "linf").empty


def test_a_perturbation_that_rounding_took_just_out_of_its_ball_counts():
    outside = attacked(size=[0.2500001] * 4 + [0.1250001] * 4)
    assert rows(adversarial_table([before(), outside], EPSILONS, SETTINGS), "worst")["accuracy"][0.125] == 0.5


def test_an_accuracy_of_zero_has_wilsons_interval():
    none_left = attacked(correct=[False] * 8)
    last = adversarial_table([before(), none_left], EPSILONS, SETTINGS).iloc[-1]
    z2 = 1.959964**2
    assert (last["ci_low"], last["ci_high"]) == (0.0, pytest.approx(z2 / (4 + z2)))


def test_only_attacks_on_the_evaluated_model_are_white_box():
    """The model judges the images before any attack once; the one that it has wrong counts under both attacks."""
    other = attacked(target="gaussian-seed0", correct=[True] * 8)
    table = adversarial_table([before(), attacked(), other], EPSILONS, SETTINGS)
    assert table["attacked"].unique().tolist() == ["score-seed0", "gaussian-seed0"]
    assert white_box(table)["accuracy"].tolist() == [0.75, 0.5, 0.25]
    transferred = table[(table["attacked"] == "gaussian-seed0") & (table["attack"] == "worst")]
    assert transferred["accuracy"].tolist() == [0.75, 0.75, 0.75]


def test_the_worst_of_all_attacks_knows_the_noise_where_all_of_them_do():
    blind = replace(attacked(), columns=attacked().columns | {"knows_noise": np.zeros(8, bool)})
    for one, knows in ((attacked(), True), (blind, False)):
        assert set(adversarial_table([before(), one], EPSILONS, SETTINGS)["knows_noise"]) == {knows}


def test_many_attacks_in_one_matrix_make_the_table_of_a_matrix_each():
    many = [before(), attacked("linf"), attacked("l2", epsilon=[1.0] * 4, index=range(4), correct=[False] * 4)]
    apart = adversarial_table(many, BOTH, SETTINGS)
    pd.testing.assert_frame_equal(adversarial_table([together(*many)], BOTH, SETTINGS), apart)


@pytest.mark.parametrize("index", [(0, 1, 2, 3, 0, 1, 2, 2), (0, 1, 2, 3, 0, 1, 3, 3)])
def test_an_epsilon_without_an_image_or_with_one_twice_is_refused(index):
    message = "^the attack pgd_linf on score-seed0, epsilon 0.125: does not hold every attacked image exactly once$"
    with pytest.raises(ArtifactError, match=message):
        adversarial_table([before(), attacked(index=index)], EPSILONS, SETTINGS)


def test_an_attack_given_twice_or_without_the_images_before_it_is_refused():
    with pytest.raises(ArtifactError, match="does not hold every attacked image exactly once"):
        adversarial_table([before(), attacked(), attacked()], EPSILONS, SETTINGS)
    for wrong in ([attacked()], [before(), before(), attacked()]):
        with pytest.raises(ArtifactError, match="^score-seed0: every image before the attacks is needed once, found"):
            adversarial_table(wrong, EPSILONS, SETTINGS)


def test_a_matrix_that_names_no_attack_is_refused():
    columns = {name: values for name, values in attacked().columns.items() if name not in ("norm", "flat")}
    with pytest.raises(ArtifactError, match="^attacks: no column norm, flat$"):
        adversarial_table([before(), replace(attacked(), columns=columns)], EPSILONS, SETTINGS)
