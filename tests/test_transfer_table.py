"""Accuracies under attacks on other models, from matrices that are made by hand."""

import numpy as np
import pytest
from hand_matrices import SETTINGS, decided, together
from hand_matrices import attacked as columns_of

from sbgc.artifacts import ArtifactError
from sbgc.procedures.tables.adversarial_table import adversarial_table
from sbgc.procedures.tables.transfer_table import transfer_table

BOUND = {"linf": 0.25}
METHODS = ("pgd_linf", "square_linf")
OTHER = {"model": "gaussian", "kind": "gaussian"}


def before(target="score-seed0", **facts):
    """The last of four images is wrong before any attack."""
    columns = columns_of("none", np.zeros(4), target)
    return decided([True, True, True, False], columns=columns, evaluation="attacks", **facts)


def attacked(correct, target="score-seed0", attack="pgd_linf", epsilon=0.25, **facts):
    columns = columns_of("linf", [epsilon] * 4, target, attack)
    return decided(correct, columns=columns, evaluation="attacks", **facts)


def judged():
    """Two models, each under two attacks on both of them, and under a third attack that is not transferred."""
    own = [attacked([False, True, True, True]), attacked([True, False, True, True], attack="square_linf")]
    return [
        together(before(), *own),
        attacked([False] * 4, attack="third"),
        together(
            attacked([True, True, True, True], "gaussian-seed0"),
            attacked([True, True, False, True], "gaussian-seed0", "square_linf"),
        ),
        before("gaussian-seed0", **OTHER),
        attacked([False] * 4, "gaussian-seed0", **OTHER),
        attacked([True] * 4, "gaussian-seed0", "square_linf", **OTHER),
        attacked([True] * 4, "score-seed0", **OTHER),
        attacked([True] * 4, "score-seed0", "square_linf", **OTHER),
    ]


def test_each_pair_of_models_has_the_worst_of_the_same_attacks():
    """A model's own third attack, which would leave nothing, does not count here."""
    table = transfer_table(judged(), METHODS, BOUND, SETTINGS)
    found = table.set_index(["model", "attacked"])["accuracy"].to_dict()
    assert found == {
        ("score", "score-seed0"): 0.25,
        ("score", "gaussian-seed0"): 0.5,
        ("gaussian", "gaussian-seed0"): 0.0,
        ("gaussian", "score-seed0"): 0.75,
    }
    assert set(table["epsilon"]) == {0.25}
    assert set(table["methods"]) == {"pgd_linf, square_linf"}
    assert set(table["num_images"]) == {4}


def test_its_numbers_are_those_of_the_adversarial_table_where_all_attacks_are_transferred():
    every = [one for one in judged() if one.columns["attack"][0] != "third"]
    whole = adversarial_table(every, {"linf": (0.125, 0.25)}, SETTINGS)
    wanted = whole.query("attack == 'worst' and epsilon == 0.25").set_index(["model", "attacked"])
    found = transfer_table(every, METHODS, BOUND, SETTINGS).set_index(["model", "attacked"])
    for name in ("accuracy", "ci_low", "ci_high", "num_images"):
        assert found[name].to_dict() == wanted[name].to_dict()


def test_images_that_were_made_within_a_larger_bound_do_not_count():
    large = [before(), attacked([False] * 4, epsilon=0.5), attacked([False, True, True, True], attack="square_linf")]
    assert transfer_table(large, METHODS, BOUND, SETTINGS)["accuracy"].tolist() == [0.5]


def test_a_model_that_has_not_judged_the_images_before_the_attacks_is_refused():
    with pytest.raises(ArtifactError, match="^gaussian-seed0: every image before the attacks is needed once, found 0$"):
        transfer_table([attacked([True] * 4, **OTHER)], METHODS, BOUND, SETTINGS)
