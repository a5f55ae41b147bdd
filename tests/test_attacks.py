"""Attacks against classifiers whose least perturbation is known, in balls that they must not leave."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from attack_loop import goals, margins, network, run, seen_by, sizes
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize

from sbgc.maths.attacks import balls, machines
from sbgc.maths.attacks.protocol import Seen

SHAPE, CLASSES = (3, 4, 1), 4
ROUNDING = 3e-7  # of images in float32
BOUNDED = {
    "pgd linf": machines.PGD("linf", 20, 0.25),
    "pgd l2": machines.PGD("l2", 20, 0.25),
    "falling pgd linf": machines.PGD("linf", 20, 0.5, 0.02),
    "falling pgd l2": machines.PGD("l2", 20, 0.5, 0.02),
    "apgd linf": machines.APGD("linf", 20),
    "apgd l2": machines.APGD("l2", 20),
    "noise linf": machines.Noise("linf", 30),
    "noise l2": machines.Noise("l2", 30),
    "square": machines.Square(300, 0.8),
}
LEAST = {
    "fmn linf": machines.FastMinimumNorm("linf", 100, 1.0, 0.0),
    "fmn l2": machines.FastMinimumNorm("l2", 100, 1.0, 0.0),
    "carlini wagner": machines.CarliniWagner(120, 9, 0.01, 0.1, 0.0),
    "boundary": machines.Boundary(1500, 0.1, 0.0),
}


def images(count, low=0.3, high=0.7, seed=1):
    random = np.random.default_rng(seed)
    return jnp.asarray(random.uniform(low, high, (count, *SHAPE)), jnp.float32)


def linear(seed=0):
    """Class scores W a + b."""
    random = np.random.default_rng(seed)
    weights = jnp.asarray(random.normal(size=(CLASSES, 12)), jnp.float32)
    return weights, lambda image: weights @ (image.ravel() - 0.5)


def least_linear(weights, scores, clean, norm):
    """The least distance to a wrong class's half-space: the gap over the dual norm of the weights' difference."""
    found = []
    for image in clean:
        values = np.asarray(scores(image), float)
        own = values.argmax()
        others = [k for k in range(CLASSES) if k != own]
        dual = [
            np.linalg.norm(np.asarray(weights[own] - weights[k], float), ord=1 if norm == "linf" else 2) for k in others
        ]
        found.append(min((values[own] - values[k]) / length for k, length in zip(others, dual, strict=True)))
    return np.array(found)


def of_model(scores, clean):
    return jax.vmap(scores)(clean).argmax(axis=1)


def away_from_boundaries(weights, scores, norm, count=8):
    """Images, their classes by the model, and their distances from its boundaries."""
    clean = images(60)
    least = least_linear(weights, scores, clean, norm)
    far = np.flatnonzero(least > 0.2 * least.max())[:count]
    return clean[far], of_model(scores, clean)[far], least[far]


def starts(scores, clean, labels, targets):
    """Starts of boundary attacks: for each image another one, of its target class."""
    pool = images(200, seed=9)
    classes = of_model(scores, pool)
    return jnp.stack([pool[np.flatnonzero(classes == target)[0]] for target in targets])


def of_each_target(attack, scores, clean, labels, epsilon=np.inf):
    """The attacked images of an attack on each wrong class in turn."""
    for shift in range(1, CLASSES):
        targets = (labels + shift) % CLASSES
        goal = goals(clean, epsilon, starts(scores, clean, labels, targets))
        yield run(attack, scores, goal, labels, targets if attack.uses_gradient else None)


@pytest.mark.parametrize("name", LEAST)
def test_on_a_linear_classifier_the_least_perturbation_is_within_two_percent(name):
    """Of attacks on each wrong class: one that follows the strongest class may end at another one's boundary."""
    (weights, scores), attack = linear(), LEAST[name]
    clean, labels, want = away_from_boundaries(weights, scores, attack.norm)
    found = list(of_each_target(attack, scores, clean, labels))
    got = np.min([sizes(attack.norm, clean, attacked) for attacked in found], axis=0)
    assert all((np.asarray(margins(scores, attacked, labels)) > -1e-5).all() for attacked in found)
    assert (got >= 0.999 * want).all()
    np.testing.assert_array_less(got, 1.02 * want)


@pytest.mark.parametrize("name", [name for name in BOUNDED if not name.startswith("noise")])
def test_on_a_linear_classifier_a_bounded_attack_succeeds_just_above_the_least_perturbation_and_not_below(name):
    (weights, scores), attack = linear(), BOUNDED[name]
    clean, labels, least = away_from_boundaries(weights, scores, attack.norm)
    for factor in (1.05, 0.98):
        found = of_each_target(attack, scores, clean, labels, factor * least)
        misled = np.max([np.asarray(margins(scores, attacked, labels)) for attacked in found], axis=0) > 0
        if factor < 1:
            assert not misled.any()
        else:  # squares at random do not find every corner of the ball
            assert misled.mean() >= (0.75 if name == "square" else 1.0)


def quadric():
    """Two Gaussians of different covariances: the boundary of their Bayes classifier is a quadric."""
    random = np.random.default_rng(3)
    means = 0.5 + 0.2 * random.normal(size=(2, 12)) / np.sqrt(12)
    roots = [random.normal(size=(12, 12)) / np.sqrt(12) + scale * np.eye(12) for scale in (2.0, 1.0)]
    precisions = np.stack([root @ root.T for root in roots]) * 40

    def halves(image):
        away = image.ravel() - jnp.asarray(means, jnp.float32)
        return 0.5 * jnp.einsum("ki,kij,kj->k", away, jnp.asarray(precisions, jnp.float32), away)

    # The classes' weights are such that half of the images are of each.
    every = jax.vmap(halves)(images(8, 0.35, 0.65))
    weights = jnp.stack([jnp.median(every[:, 0] - every[:, 1]), 0.0])
    return means, precisions, weights, lambda image: weights - halves(image)


def least_quadric(means, precisions, weights, image, own):
    """min |d| with g(d) = d'Ad + b'd + c >= 0, by the secular equation of its Lagrangian in A's eigenbasis."""
    other, x = 1 - own, np.asarray(image, float).ravel()
    curve = 0.5 * (precisions[own] - precisions[other])
    slope = precisions[own] @ (x - means[own]) - precisions[other] @ (x - means[other])
    halves = [0.5 * (x - means[k]) @ precisions[k] @ (x - means[k]) for k in (own, other)]
    height = halves[0] - halves[1] + float(weights[other] - weights[own])
    values, basis = np.linalg.eigh(curve)
    turned = basis.T @ slope

    def step(dual):
        return dual * turned / (2.0 * (1.0 - dual * values))

    def reached(dual):
        moved = step(dual)
        return values @ moved**2 + turned @ moved + height

    top = (1.0 - 1e-9) / values.max()
    return np.linalg.norm(step(optimize.brentq(reached, 0.0, top)))


@pytest.mark.parametrize("name", ["fmn l2", "carlini wagner", "boundary"])
def test_on_a_quadric_boundary_the_least_perturbation_is_within_five_percent(name):
    *facts, scores = quadric()
    clean = images(8, 0.35, 0.65)
    labels = of_model(scores, clean)
    assert np.bincount(labels).tolist() == [4, 4]
    nearest = jnp.stack(
        [min(clean[labels != y], key=lambda b, a=a: ((a - b) ** 2).sum()) for a, y in zip(clean, labels, strict=True)]
    )
    attacked = run(LEAST[name], scores, goals(clean, starts=nearest), labels)
    want = [least_quadric(*facts, image, int(own)) for image, own in zip(clean, labels, strict=True)]
    got = sizes("l2", clean, attacked)
    assert (got >= 0.999 * np.array(want)).all()
    np.testing.assert_array_less(got, 1.05 * np.array(want) + 1e-6)


@settings(max_examples=14, deadline=None, derandomize=True)
@given(st.sampled_from(sorted(BOUNDED)), st.floats(1e-3, 2.0), st.integers(0, 10_000))
def test_no_bounded_attack_asks_for_an_image_outside_of_the_ball_or_the_cube(name, epsilon, seed):
    attack, scores, clean = BOUNDED[name], network(SHAPE, CLASSES, seed=seed % 3), images(3, -0.3, 1.3, seed).clip(0, 1)
    asked = []
    attacked = run(attack, scores, goals(clean, epsilon, seed=seed), of_model(scores, clean), asked=asked)
    for found in (*asked, attacked):
        assert float(found.min()) >= 0.0
        assert float(found.max()) <= 1.0
        assert (sizes(attack.norm, clean, found) <= epsilon * (1 + 1e-5) + ROUNDING).all()


@settings(max_examples=6, deadline=None, derandomize=True)
@given(st.sampled_from(sorted(LEAST)), st.integers(0, 10_000))
def test_no_attack_on_the_least_perturbation_leaves_the_cube(name, seed):
    attack, scores, clean = LEAST[name], network(SHAPE, CLASSES, seed=seed % 3), images(2, -0.3, 1.3, seed).clip(0, 1)
    asked = []
    run(attack, scores, goals(clean, starts=clean[::-1], seed=seed), of_model(scores, clean), asked=asked)
    assert min(float(found.min()) for found in asked) >= 0.0
    assert max(float(found.max()) for found in asked) <= 1.0


@settings(max_examples=25, deadline=None, derandomize=True)
@given(st.sampled_from(balls.NORMS), st.floats(1e-4, 3.0), st.integers(0, 10_000))
def test_a_projection_lies_in_both_and_moves_nothing_that_does(norm, epsilon, seed):
    random = np.random.default_rng(seed)
    image, moved = jnp.asarray(random.uniform(0, 1, SHAPE)), jnp.asarray(random.normal(0.5, 2.0, SHAPE))
    found = balls.project(norm, image, moved, jnp.asarray(epsilon))
    assert float(balls.size(norm, found - image)) <= epsilon * (1 + 1e-5) + ROUNDING
    assert (found >= 0).all()
    assert (found <= 1).all()
    np.testing.assert_allclose(
        balls.project(norm, image, found, jnp.asarray(epsilon)), found, atol=2 * ROUNDING + 1e-5 * epsilon
    )


@pytest.mark.parametrize("norm", balls.NORMS)
def test_starts_are_uniform_in_the_unit_ball(norm):
    """In a ball of dimension 3 the l_2 radius cubed is uniform; in a cube each coordinate is."""
    keys = jax.random.split(jax.random.key(0), 4000)
    points = np.asarray(jax.vmap(lambda key: balls.unit_start(norm, key, (3, 1, 1)))(keys)).reshape(4000, 3)
    uniform = (np.linalg.norm(points, axis=1) ** 3) if norm == "l2" else (points.ravel() + 1) / 2
    np.testing.assert_allclose(np.quantile(uniform, [0.1, 0.5, 0.9]), [0.1, 0.5, 0.9], atol=0.03)
    np.testing.assert_allclose(points.mean(axis=0), 0.0, atol=0.04)


@pytest.mark.parametrize("name", [*BOUNDED, *LEAST])
def test_an_image_is_attacked_alike_whatever_its_batch_mates(name):
    attack, scores, clean = (BOUNDED | LEAST)[name], network(SHAPE, CLASSES), images(4)
    labels = of_model(scores, clean)
    goal = goals(clean, 0.3 if name in BOUNDED else np.inf, starts=clean[::-1])
    whole = run(attack, scores, goal, labels)
    alone = run(attack, scores, jax.tree.map(lambda part: part[2:3], goal), labels[2:3])
    np.testing.assert_allclose(whole[2:3], alone, atol=1e-4)


@pytest.mark.parametrize("name", ["pgd l2", "apgd linf", "fmn l2", "carlini wagner"])
def test_a_targeted_attack_ends_in_its_target(name):
    _, scores = linear()
    clean, attack = images(6), (BOUNDED | LEAST)[name]
    labels = of_model(scores, clean)
    targets = (labels + 1) % CLASSES
    attacked = run(attack, scores, goals(clean, 3.0 if name in BOUNDED else np.inf), labels, targets)
    values = jax.vmap(scores)(attacked)
    away = values.max(axis=1) - jnp.take_along_axis(values, targets[:, None], axis=1)[:, 0]
    assert float(away.max()) < 1e-4


@pytest.mark.parametrize("name", LEAST)
def test_an_image_that_is_misclassified_before_is_left_as_it_is(name):
    """The longer the boundary attack walks towards such an image, the closer it comes: all numbers stay finite."""
    (_, scores), attack = linear(), LEAST[name]
    clean = jnp.round(16 * images(5)) / 16  # grey levels, which an approach by halves reaches exactly
    wrong = (of_model(scores, clean) + 1) % CLASSES
    asked = []
    begin = starts(scores, clean, wrong, (wrong + 1) % CLASSES)
    attacked = run(attack, scores, goals(clean, np.inf, begin), wrong, asked=asked)
    assert np.isfinite(asked).all()
    np.testing.assert_allclose(attacked, clean, atol=1e-6)


def test_a_larger_confidence_leads_further_beyond_the_boundary():
    _, scores = linear()
    clean = images(5)
    labels = of_model(scores, clean)
    for kind in (machines.FastMinimumNorm("l2", 80, 1.0, 0.5), machines.CarliniWagner(60, 8, 0.02, 0.1, 0.5)):
        attacked = run(kind, scores, goals(clean), labels)
        found = np.asarray(margins(scores, attacked, labels))
        assert (found >= 0.5 - 1e-5).all()
        assert (found < 0.56).all()


def test_auto_pgd_checks_its_step_where_the_paper_does():
    """p_0 = 0, p_1 = 0.22, p_j+1 = p_j + max(p_j - p_j-1 - 0.03, 0.06) of 100 steps (Croce & Hein 2020, section 3)."""
    assert np.flatnonzero(machines.APGD("l2", 100).windows).tolist() == [22, 41, 57, 70, 80, 87, 93, 99]


def test_auto_pgd_halves_a_step_that_overshoots_and_reaches_a_maximum_inside_the_ball():
    """The loss -(distance to a point inside)^2: steps of a fixed length would circle around it."""
    peak = jnp.full(SHAPE, 0.55)

    def scores(image):
        return jnp.stack([jnp.sum((image - peak) ** 2), 0.0])

    clean = images(2, 0.5, 0.5)
    attacked = run(machines.APGD("linf", 100), scores, goals(clean, 0.2), jnp.zeros(2, int))
    np.testing.assert_allclose(attacked, jnp.broadcast_to(peak, attacked.shape), atol=2e-3)


@pytest.mark.parametrize("norm", balls.NORMS)
def test_noise_is_as_large_as_the_bound_where_the_cube_allows_it_and_the_most_misleading_counts(norm):
    weights, scores = linear()
    clean, asked = images(3, 0.45, 0.55), []
    labels = of_model(scores, clean)
    found = run(machines.Noise(norm, 40), scores, goals(clean, 0.2), labels, asked=asked)
    for moved in asked:
        np.testing.assert_allclose(sizes(norm, clean, moved), 0.2, rtol=1e-5)
    most = np.max([np.asarray(margins(scores, jnp.asarray(moved), labels)) for moved in asked], axis=0)
    np.testing.assert_allclose(margins(scores, found, labels), most, rtol=1e-5)
    assert (least_linear(weights, scores, clean, norm) < 0.2).any()


def test_where_the_wanted_confidence_is_out_of_reach_the_last_point_is_left_and_not_the_image():
    """The margin grows with the brightness, up to 0.5 in all."""

    def scores(image):
        return jnp.stack([0.0, image.mean() - 0.5])

    clean = images(3, 0.3, 0.4)
    for attack in (machines.CarliniWagner(30, 3, 0.1, 10.0, 2.0), machines.FastMinimumNorm("l2", 30, 1.0, 2.0)):
        attacked = run(attack, scores, goals(clean), jnp.zeros(3, int))
        assert (np.asarray(margins(scores, attacked, jnp.zeros(3, int))) > 0).all()


def test_a_draw_that_misled_at_the_image_itself_by_chance_does_not_end_the_search():
    """The first answer says that the image is misled already; all others are of a plane."""
    _, scores = linear()
    clean, attack = images(1), machines.FastMinimumNorm("l2", 60, 1.0, 0.0)
    labels, goal = of_model(scores, clean), jax.tree.map(lambda part: part[0], goals(clean))
    see, state = seen_by(scores), attack.begin(goal)
    for step in range(attack.queries):
        seen = see(attack.asks(goal, state), labels[0], jnp.asarray(-1))
        state = attack.told(goal, state, seen._replace(margin=jnp.asarray(1.0)) if step == 0 else seen)
    assert float(margins(scores, attack.result(goal, state)[None], labels)[0]) > -1e-5


def walked(attack, goal, gradients):
    """All points of one walk, to which one gradient after the other is told."""
    state, points = attack.begin(goal), []
    for gradient in gradients:
        points.append(attack.asks(goal, state))
        nothing = jnp.zeros(())
        state = attack.told(goal, state, Seen(nothing, nothing, gradient, nothing, jnp.zeros_like(gradient)))
    return jnp.stack([*points, attack.result(goal, state)])


def test_the_steps_of_pgd_fall_along_half_a_cosine():
    """Towards the center of the ball nothing is projected, so that each step has its full length."""
    goal = jax.tree.map(lambda leaf: leaf[0], goals(images(1), 0.1))
    attack = machines.PGD("l2", 5, 0.2, 0.04)
    inwards = goal.image - attack.asks(goal, attack.begin(goal))
    points = walked(attack, goal, [inwards] * 5)
    lengths = np.linalg.norm(np.diff(np.asarray(points, float).reshape(6, -1), axis=0), axis=1)
    want = 0.1 * (0.04 + 0.16 * (1 + np.cos(np.pi * np.arange(5) / 4)) / 2)
    np.testing.assert_allclose(lengths, want, rtol=1e-4)


def test_under_noisy_gradients_falling_steps_come_nearer_to_the_largest_loss():
    """The largest of a linear loss w a in the ball is epsilon |w|; noise is three times as large as its gradient."""
    random, away = np.random.default_rng(4), {}
    many = jax.tree.map(lambda leaf: leaf[:64], goals(images(64), 0.1))
    slope = random.normal(size=SHAPE)
    gradients = jnp.asarray(slope + 3.0 * random.normal(size=(64, 30, *SHAPE)), jnp.float32)
    for last in (None, 0.01):
        attack = machines.PGD("l2", 30, 0.5 if last else 0.1, last)
        ends = jax.vmap(lambda goal, told, attack=attack: walked(attack, goal, told)[-1])(many, gradients)
        gains = np.tensordot(np.asarray(ends - many.image, float), slope, 3)
        away[last] = 1.0 - gains.mean() / (0.1 * np.linalg.norm(slope))
    assert away[0.01] < 0.6 * away[None]
