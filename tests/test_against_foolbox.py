"""Our attacks beside Foolbox's (Rauber et al. 2017, 2020) on one model, with the same bounds and steps: no weaker."""

import warnings

import foolbox as fb
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from attack_loop import goals, margins, network, run, sizes

from sbgc.maths.attacks import machines

SHAPE, CLASSES, COUNT = (4, 4, 1), 4, 32


@pytest.fixture(scope="module")
def problem():
    """A classifier, images and their classes by it."""
    scores = network(SHAPE, CLASSES, seed=5)
    clean = jnp.asarray(np.random.default_rng(2).uniform(0.1, 0.9, (COUNT, *SHAPE)), jnp.float32)
    return scores, clean, jax.vmap(scores)(clean).argmax(axis=1)


def theirs(attack, problem, epsilon=None, **options):
    """Foolbox's attacked images."""
    scores, clean, labels = problem
    model = fb.JAXModel(jax.jit(jax.vmap(scores)), bounds=(0.0, 1.0))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found, *_ = attack(model, clean, labels, epsilons=epsilon, **options)
    return jnp.asarray(found)


def ratio(ours, others):
    """The mean ratio of sizes, geometrically, over the images at which Foolbox's attack did not give up."""
    found = others > 0
    assert found.mean() > 0.9
    return np.exp(np.mean(np.log(ours[found] / others[found])))


def robust(problem, attacked):
    scores, _, labels = problem
    return int((np.asarray(margins(scores, attacked, labels)) < -1e-6).sum())


@pytest.mark.parametrize(
    ("norm", "epsilon", "steps", "relative"), [("linf", 0.04, 40, 1 / 30), ("l2", 0.12, 50, 0.025)]
)
def test_projected_descent_leaves_no_more_images_robust(problem, norm, epsilon, steps, relative):
    """At Foolbox's own numbers and lengths of steps; cross-entropy beside cross-entropy, and what ours adds to it."""
    kind = fb.attacks.LinfPGD if norm == "linf" else fb.attacks.L2PGD
    left = robust(problem, theirs(kind(steps=steps, rel_stepsize=relative), problem, epsilon))
    assert 0.2 * COUNT < left < 0.9 * COUNT  # a bound at which attacks differ
    scores, clean, labels = problem
    ours = machines.PGD(norm, steps, relative)
    assert robust(problem, run(ours, scores, goals(clean, epsilon), labels, loss="cross_entropy")) <= left
    for loss in ("margin", "dlr", "cross_entropy"):
        found = run(machines.APGD(norm, steps), scores, goals(clean, epsilon), labels, loss=loss)
        assert robust(problem, found) <= left


@pytest.mark.parametrize("norm", ["linf", "l2"])
def test_the_fast_minimum_norm_attack_finds_perturbations_as_small(problem, norm):
    scores, clean, labels = problem
    kind = fb.attacks.LInfFMNAttack if norm == "linf" else fb.attacks.L2FMNAttack
    other = sizes(norm, clean, theirs(kind(steps=100), problem))
    found = run(machines.FastMinimumNorm(norm, 100, 1.0, 0.0), scores, goals(clean), labels)
    assert robust(problem, found) == 0
    assert ratio(sizes(norm, clean, found), other) <= 1.01


def test_of_all_l_2_attacks_ours_find_the_smallest_perturbations(problem):
    """Beside DDN and Carlini and Wagner's with as many steps."""
    scores, clean, labels = problem
    ddn = sizes("l2", clean, theirs(fb.attacks.DDNAttack(steps=100), problem))
    penalty = fb.attacks.L2CarliniWagnerAttack(binary_search_steps=6, steps=50, stepsize=0.02, initial_const=0.1)
    theirs_too = sizes("l2", clean, theirs(penalty, problem))
    ours = {
        "fmn": run(machines.FastMinimumNorm("l2", 100, 1.0, 0.0), scores, goals(clean), labels),
        "cw": run(machines.CarliniWagner(50, 6, 0.02, 0.1, 0.0), scores, goals(clean), labels),
    }
    assert [robust(problem, found) for found in ours.values()] == [0, 0]
    assert ratio(sizes("l2", clean, ours["fmn"]), ddn) <= 1.01
    assert ratio(sizes("l2", clean, ours["cw"]), theirs_too) <= 1.01


def test_the_boundary_attack_comes_as_close_with_as_many_queries(problem):
    """Foolbox's asks twice a step at most, so that its number of steps is half of our queries."""
    scores, clean, labels = problem
    few = (scores, clean[:8], labels[:8])
    starts = jnp.stack([clean[np.flatnonzero(labels != label)[0]] for label in few[2]])
    other = theirs(fb.attacks.BoundaryAttack(steps=500), few, starting_points=starts)
    found = run(machines.Boundary(500, 0.1, 0.0), scores, goals(few[1], starts=starts), few[2])
    assert robust(few, found) == 0
    assert ratio(sizes("l2", few[1], found), sizes("l2", few[1], other)) <= 1.02
