"""The tidy tables of three models on a handful of images, made from matrices by the package itself."""

import numpy as np
import pandas as pd
from hand_matrices import SETTINGS, attacked, classifier, corruption, decided, hand, together

from sbgc.artifacts import Split
from sbgc.config.spec import Quoted
from sbgc.procedures.racing.races import Outcome
from sbgc.procedures.tables.adversarial_table import adversarial_table
from sbgc.procedures.tables.attack_checks import attack_checks, marked
from sbgc.procedures.tables.convergence import convergence_table
from sbgc.procedures.tables.corruption_table import means_table
from sbgc.procedures.tables.crosscheck_table import crosscheck_table
from sbgc.procedures.tables.decisions import decision_table
from sbgc.procedures.tables.metrics_tables import metrics_table
from sbgc.procedures.tables.race_table import race_table

EPSILONS = {norm: (8 / 255, 0.5) for norm in ("linf", "l2")}
FOG, NOISE = (corruption(kind, [1, 1, 1, 1]) for kind in ("fog", "shot_noise"))


def of_test():
    """What the models make of the test split: the score model has two seeds."""
    net = classifier([[4.0, 0.0, 0.0], [0.0, 4.0, 0.0], [0.0, 0.0, 4.0]], labels=[0, 1, 2])
    return [hand(), hand(seed=1), hand(model="gaussian", kind="gaussian"), net]


def tables():
    """By name, as the summary takes them: metrics of all models, one of them untested; the rest of the score model."""
    only_train = metrics_table(hand(model="untested", evaluation="train", split="train"), SETTINGS)
    clean = [decided([1, 1, 1, 0], seed=seed) for seed in (0, 1)]
    fog = [decided([1, seed, 0, 0], seed=seed, evaluation="corruptions", columns=FOG) for seed in (0, 1)]
    noise = [decided([0, 0, 0, 0], seed=seed, evaluation="corruptions", columns=NOISE) for seed in (0, 1)]
    attacks = [together(unattacked(seed), attack("linf", seed), attack("l2", seed)) for seed in (0, 1)]
    under_attack = adversarial_table(attacks, EPSILONS, SETTINGS)
    own, reference = hand(evaluation="crosscheck_own"), hand(evaluation="crosscheck_reference")
    return {
        "metrics": pd.concat([*(metrics_table(one, SETTINGS) for one in of_test()), only_train], ignore_index=True),
        "corruption_means": means_table(clean, [*fog, *noise], ["shot_noise"], "wide_resnet", SETTINGS),
        "adversarial": marked(under_attack, attack_checks(under_attack)),
        "convergence": convergence_table(hand(draws=2), SETTINGS),
        "crosscheck": crosscheck_table([own], [reference]),
        "decisions": pd.concat([decision_table(hand(draws=2)), raced()], ignore_index=True),
    }


def raced():
    """Races of the three images, one of which ends otherwise than all draws would have it."""
    each = [np.array([0, 2, 0]), np.array([1, 0, 2]), np.array([3.0, 2.0, 1.0])]
    outcome = Outcome(*each, np.ones(3), np.array([0.01, 0.05, 0.2]), np.array([0, 1, 2]), np.array([48, 120, 192]))
    split, facts = Split(np.zeros(3), np.arange(3), np.arange(3)), hand(evaluation="race").meta
    return race_table(outcome, split, facts, ("fast", None), ("fast", None))


def unattacked(seed):
    """The first three images are right before any attack."""
    columns = attacked("none", np.zeros(4), f"score-seed{seed}")
    return decided([1, 1, 1, 0], columns=columns, evaluation="attacks", seed=seed)


def attack(norm, seed):
    """Three images resist epsilon 0.03, the first resists 0.5 where the seed is 1."""
    columns = attacked(norm, np.repeat([8 / 255, 0.5], 4), f"score-seed{seed}")
    correct, index = [1, 1, 1, 0, seed, 0, 0, 0], [0, 1, 2, 3] * 2
    return decided(correct, index=index, columns=columns, evaluation="attacks", seed=seed)


QUOTED = (
    Quoted(model="SBGC", source="SBGC Table", accuracy=95.04, bits_per_dim=3.11, all_corruptions=76.24, linf=0.0),
)
