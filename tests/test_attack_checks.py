"""Checks of an adversarial evaluation, on accuracies that are made up."""

import numpy as np
import pandas as pd
import pytest

from sbgc.procedures.paper import table_writer
from sbgc.procedures.tables.adversarial_table import of_own
from sbgc.procedures.tables.attack_checks import (
    AGAIN,
    CHECKS,
    FALLS,
    GRADIENTS,
    LONGER,
    NOISE,
    SLOPE,
    TRANSFERS,
    attack_checks,
    digest,
    marked,
)

IDENTITY = {"experiment": "digits", "dataset": "digits", "model": "score", "kind": "score", "seed": 0}
EPSILONS = (0.0, 0.1, 0.2)


def rows(
    attack,
    accuracies,
    method="apgd",
    steps=20,
    gradients=20,
    norm="linf",
    model="score",
    target=None,
    random_wins=np.nan,
    restarts=1,
):
    attacked = f"{target or model}-seed0"
    facts = IDENTITY | {"model": model, "attacked": attacked, "norm": norm, "attack": attack, "method": method}
    facts |= {"steps": steps, "restarts": restarts, "alike": method}
    facts |= {"gradients": gradients, "random_wins": random_wins}
    ends = [{"ci_low": accuracy - 0.1, "ci_high": accuracy + 0.1} for accuracy in accuracies]
    found = zip(EPSILONS, accuracies, ends, strict=True)
    return [facts | {"epsilon": epsilon, "accuracy": accuracy} | of for epsilon, accuracy, of in found]


def table(*groups):
    return pd.DataFrame([row for group in groups for row in group])


def verdicts(*groups):
    found = attack_checks(table(*groups))
    return dict(zip(found["check"], found["verdict"], strict=True))


STRONG = rows("apgd", (0.9, 0.4, 0.0), random_wins=0.1)
SOUND = (
    STRONG,
    rows("longer", (0.9, 0.4, 0.0), steps=100),
    rows("square", (0.9, 0.6, 0.2), "square", 500, gradients=0),
    rows("noise", (0.9, 0.9, 0.8), "noise", 3, gradients=0),
    rows("worst", (0.9, 0.4, 0.0), "worst", np.nan, gradients=40),
    rows("worst", (0.9, 0.7, 0.6), "worst", np.nan, target="gaussian"),
)


def test_a_sound_evaluation_passes_every_check():
    assert verdicts(*SOUND) == dict.fromkeys(CHECKS, "passed") | {AGAIN: "not run"}


def test_two_judges_agree_where_they_differ_by_less_than_the_interval_tells():
    for accuracy, verdict in ((0.49, "passed"), (0.51, "failed")):
        again = table(rows("worst", (0.9, accuracy, 0.0), "worst", np.nan))
        found = attack_checks(table(*SOUND), again).set_index("check").loc[AGAIN]
        assert found["verdict"] == verdict
        assert found["left"] == pytest.approx(accuracy - 0.4)
        assert (found["epsilon"], found["right"]) == (0.1, pytest.approx(0.1))


@pytest.mark.parametrize(
    ("check", "place", "weak", "left", "right"),
    [
        (FALLS, 4, rows("worst", (0.9, 0.4, 0.3), "worst", np.nan), 30.0, 0.0),
        (GRADIENTS, 2, rows("square", (0.9, 0.1, 0.0), "square", 500, gradients=0), 40.0, 10.0),
        (NOISE, 3, rows("noise", (0.9, 0.3, 0.0), "noise", 3, gradients=0), 40.0, 30.0),
        (SLOPE, 0, rows("apgd", (0.9, 0.4, 0.0), random_wins=0.6), 60.0, 50.0),
        (LONGER, 1, rows("longer", (0.9, 0.2, 0.0), steps=100), 40.0, 20.0),
        (LONGER, 1, rows("longer", (0.9, 0.2, 0.0), steps=10, restarts=4), 40.0, 20.0),
        (TRANSFERS, 5, rows("worst", (0.9, 0.3, 0.2), "worst", np.nan, target="gaussian"), 40.0, 30.0),
    ],
)
def test_each_check_fails_where_its_sentence_is_false(check, place, weak, left, right):
    changed = table(*(weak if number == place else group for number, group in enumerate(SOUND)))
    checks = attack_checks(changed)
    # A longer run that leaves fewer is the strongest of all: it may mend another comparison, and breaks none.
    assert checks.loc[checks["verdict"] == "failed", "check"].tolist() == [check]
    shown = next(row for row in digest(checks).rows if row["verdict"] == "failed")
    assert (shown["left"], shown["right"]) == (pytest.approx(left), pytest.approx(right))
    found = marked(changed, checks)
    assert set(found.loc[of_own(found), "unreliable"]) == {check}
    assert set(found.loc[~of_own(found), "unreliable"]) == {""}


def test_a_loss_that_saturates_beside_one_that_does_not_makes_nothing_unreliable():
    """Cross-entropy has no gradient where a density's classes are tens of nats apart; the margin has one."""
    flat = rows("pgd", (0.9, 0.8, 0.7), "pgd", random_wins=0.9)
    assert verdicts(STRONG, flat, rows("worst", (0.9, 0.4, 0.0), "worst", np.nan))[SLOPE] == "passed"


def test_what_cannot_be_compared_is_not_run():
    alone = verdicts(STRONG, rows("worst", (0.9, 0.4, 0.0), "worst", np.nan))
    assert alone == dict.fromkeys(CHECKS, "not run") | {FALLS: "passed", SLOPE: "passed"}
    without = [row | {"random_wins": np.nan} for row in STRONG]
    assert verdicts(without, rows("worst", (0.9, 0.4, 0.0), "worst", np.nan))[SLOPE] == "not run"
    page = table_writer.markdown(digest(attack_checks(table(STRONG, rows("worst", (0.9, 0.4, 0.0), "worst", np.nan)))))
    assert "not run" in page


def test_runs_that_differ_in_more_than_their_steps_and_single_bounds_are_not_compared():
    other = [row | {"alike": "another loss"} for row in rows("other", (0.9, 0.1, 0.0), steps=100)]
    assert verdicts(STRONG, other, rows("worst", (0.9, 0.4, 0.0), "worst", np.nan))[LONGER] == "not run"
    as_many = rows("as many", (0.9, 0.1, 0.0), steps=10, restarts=2)  # steps in all
    assert verdicts(STRONG, as_many, rows("worst", (0.9, 0.4, 0.0), "worst", np.nan))[LONGER] == "not run"
    single = [row for row in (*STRONG, *rows("worst", (0.9, 0.4, 0.3), "worst", np.nan)) if row["epsilon"] < 0.2]
    assert verdicts(single)[FALLS] == "not run"


def test_a_failed_check_marks_the_rows_of_its_own_model_and_norm_alone():
    weak = [rows("worst", (0.9, 0.9, 0.9), "worst", np.nan), rows("apgd", (0.9, 0.9, 0.9))]
    sound = [rows("worst", (0.9, 0.4, 0.0), "worst", np.nan, norm="l2"), rows("apgd", (0.9, 0.4, 0.0), norm="l2")]
    other = [rows("worst", (0.9, 0.4, 0.0), "worst", np.nan, model="gaussian")]
    both = table(*weak, *sound, *other)
    found = marked(both, attack_checks(both))
    doubtful = found[found["unreliable"] != ""]
    assert set(zip(doubtful["model"], doubtful["norm"], strict=True)) == {("score", "linf")}
    assert len(doubtful) == 6
    assert set(doubtful["unreliable"]) == {FALLS}


def test_a_weak_attack_that_was_transferred_fails_no_check_and_the_strongest_of_several_models_counts():
    """On the score model itself 40 % are left; attacks on the Gaussian leave 90 %, those on a third model 30 %."""
    worst = rows("worst", (0.9, 0.4, 0.0), "worst", np.nan)
    weak = [
        *rows("apgd", (0.9, 0.9, 0.9), target="gaussian"),
        *rows("noise", (0.9, 0.5, 0.5), "noise", gradients=0, target="gaussian"),
        *rows("worst", (0.9, 0.9, 0.9), "worst", np.nan, target="gaussian"),
    ]
    checks = attack_checks(table(STRONG, worst, weak))
    assert set(checks["attacked"]) == {"score-seed0"}
    assert "failed" not in set(checks["verdict"])
    strong = rows("worst", (0.9, 0.3, 0.3), "worst", np.nan, target="third")
    (found,) = attack_checks(table(STRONG, worst, weak, strong)).query("check == @TRANSFERS").to_dict("records")
    assert (found["verdict"], found["epsilon"]) == ("failed", 0.1)
    assert (found["left"], found["right"]) == (0.4, 0.3)


def test_attacks_on_another_model_are_compared_in_their_own_norm_and_with_their_own_judge_alone():
    worst = rows("worst", (0.9, 0.4, 0.0), "worst", np.nan)
    other = rows("worst", (0.9, 0.1, 0.0), "worst", np.nan, target="gaussian", norm="l2")
    of_other = rows("worst", (0.9, 0.1, 0.0), "worst", np.nan, model="third", target="gaussian")
    assert verdicts(STRONG, worst, other, of_other)[TRANSFERS] == "not run"
