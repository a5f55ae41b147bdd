"""Attacks on a split: what is kept of each image, and that nothing of it depends on batches, order or interruptions."""

import dataclasses
import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import tiny
from flax import serialization
from hand_matrices import matrix

from sbgc import artifacts
from sbgc.artifacts import Split
from sbgc.config.attacked import PGD, Boundary, FastMinimumNorm
from sbgc.config.spec import Attacking
from sbgc.data import dequantize
from sbgc.fitting import gaussian as fitting
from sbgc.keys import key_for
from sbgc.maths import acceptance, metrics
from sbgc.maths.attacks import machines
from sbgc.models import gaussian
from sbgc.models.gaussian import Gaussian
from sbgc.procedures.attacks import found as finding
from sbgc.procedures.attacks import starts
from sbgc.procedures.attacks.engine import RERANKED_EVERY, Engine
from sbgc.procedures.attacks.found import Plan
from sbgc.procedures.attacks.kept_state import KeptState
from sbgc.procedures.attacks.victim import Settings, Victim
from sbgc.procedures.scoring.bayes import class_log_probs
from sbgc.steps import attack as attack_step

LEVELS, SHAPE, DIM, SEED = 17, (4, 4, 1), 16, 3
SETTINGS = Settings("margin", False, LEVELS, SEED, fresh_probes=False, fresh_noise=False, with_gradient=True)
L2 = Plan(machines.PGD("l2", 24, 0.25), (0.2, 0.5), restarts=1, targets=0, rivals=1, enough=math.inf)
LINF = Plan(machines.APGD("linf", 12), (0.05, 0.1), restarts=1, targets=0, rivals=1, enough=math.inf)
LEAST = Plan(machines.FastMinimumNorm("l2", 40, 0.5, 0.01), (), restarts=1, targets=0, rivals=1, enough=math.inf)


def lda(scale=0.5, seed=0):
    """Two Gaussians N(mu_y, scale^2 I) with means mid-scale: their boundary is a hyperplane, at a known distance."""
    mean = np.random.default_rng(seed).uniform(6.0, 11.0, (2, DIM))
    whiten = np.broadcast_to(np.eye(DIM) / scale, (2, DIM, DIM))
    return Gaussian(2, jnp.asarray(mean, jnp.float32), jnp.asarray(whiten, jnp.float32), jnp.zeros(2))


def normal_and_bias(model):
    """w, b of the margin of class 0: w . x + b, in grey levels; positive where class 0 wins."""
    mean, scale = np.asarray(model.mean, float), 1.0 / float(model.whiten[0, 0, 0])
    return (mean[0] - mean[1]) / scale**2, (mean[1] @ mean[1] - mean[0] @ mean[0]) / (2 * scale**2)


def near_boundary(model, count, seed=1):
    """Images far from black and white, labeled as the model sees them; three draws of noise; their margins."""
    rng = np.random.default_rng(seed)
    images = rng.integers(6, 11, (count, *SHAPE)).astype(np.uint8)
    noise = rng.random((count, 3, *SHAPE)).astype(np.float32)
    w, b = normal_and_bias(model)
    found = (images.reshape(count, -1) + noise.mean(axis=1).reshape(count, -1)) @ w + b
    labels = (found < 0).astype(np.int64)
    return Split(images, labels, np.arange(count) * 7, {"source": np.arange(count)}, {"split": "test"}), noise, found


def predictions(model, images, noise):
    """Classes of the images by the scores averaged over their noise; no random number."""
    w, b = normal_and_bias(model)
    x = images.reshape(len(images), -1).astype(float) + noise.mean(axis=1).reshape(len(images), -1)
    return (x @ w + b < 0).astype(int)


def attacked(model, split, noise, plan, batch_size=8, settings=SETTINGS, kept=None, pool=None):
    engine = Engine(Victim(model, settings), split, noise, pool or split, plan, batch_size)
    return finding.attacked_split(split, engine.run(kept), plan, LEVELS, engine.queries, engine.random_wins())


def test_on_a_plane_the_least_perturbation_of_noisy_images_is_found():
    """The attacked classifier averages over the draws of noise that are given."""
    model = lda()
    split, noise, found = near_boundary(model, 6)
    w, _ = normal_and_bias(model)
    got = attacked(model, split, noise, LEAST)
    least = np.abs(found) / np.linalg.norm(w) / (LEVELS - 1)
    np.testing.assert_allclose(got.columns["norm_l2"], least, rtol=0.02)
    assert got.columns["success"].all()
    assert np.isnan(got.columns["epsilon"]).all()


@pytest.mark.parametrize("plan", [LINF, L2], ids=["linf", "l2"])
def test_an_image_is_attacked_alike_whatever_its_batch_mates_and_the_order(plan):
    model = lda()
    split, noise, _ = near_boundary(model, 7)
    whole = attacked(model, split, noise, plan, 7)
    order = np.random.default_rng(5).permutation(7)
    shuffled = attacked(model, split.take(order), noise[order], plan, 3)
    both = np.concatenate([order, 7 + order])
    np.testing.assert_array_equal(shuffled.index, whole.index[both])
    np.testing.assert_allclose(shuffled.images, whole.images[both], atol=1e-4)


def test_bounds_are_stacked_with_the_label_index_and_columns_of_the_clean_image():
    model = lda()
    split, noise, _ = near_boundary(model, 3)
    got = attacked(model, split, noise, LINF, 2)
    np.testing.assert_array_equal(got.columns["epsilon"], [0.05] * 3 + [0.1] * 3)
    for name in ("labels", "index"):
        np.testing.assert_array_equal(getattr(got, name), np.tile(getattr(split, name), 2))
    np.testing.assert_array_equal(got.columns["source"], np.tile(np.arange(3), 2))
    assert got.images.dtype == np.float32
    away = (got.images - np.tile(split.images, (2, 1, 1, 1))).reshape(6, -1) / (LEVELS - 1)
    np.testing.assert_allclose(got.columns["norm_linf"], np.abs(away).max(axis=1), atol=1e-6)
    np.testing.assert_allclose(got.columns["norm_l2"], np.linalg.norm(away, axis=1), atol=1e-6)
    assert (got.columns["norm_linf"] <= got.columns["epsilon"] * (1 + 1e-5)).all()
    assert set(got.columns["queries"]) == {1 + 12 + 1}  # the start, the steps and the end
    assert set(got.columns["gradients"]) == {13}


def test_an_image_that_the_attacked_classifier_has_wrong_is_attacked_all_the_same():
    """Its judge may have it right."""
    model = lda()
    split, noise, _ = near_boundary(model, 4)
    wrong = dataclasses.replace(split, labels=1 - split.labels)
    got = attacked(model, wrong, noise, L2)
    assert (got.columns["norm_l2"] > 0.1).all()
    assert (got.columns["margin"] > np.tile(np.abs(near_boundary(model, 4)[2]), 2)).all()


def test_the_margin_crosses_where_the_gradient_of_the_cross_entropy_has_vanished():
    """Likelihoods lie hundreds of nats apart: in float32 the softmax is then exactly 0 or 1."""
    model = lda(scale=0.1)
    split, noise, found = near_boundary(model, 6)
    assert np.abs(found).min() > 200
    plan, shares = dataclasses.replace(L2, epsilons=(2.0,)), {}
    for loss in ("margin", "cross_entropy"):
        got = attacked(model, split, noise, plan, settings=dataclasses.replace(SETTINGS, loss=loss))
        shares[loss] = got.columns["success"].mean()
        assert (got.columns["flat"] == 1.0).any() == (loss == "cross_entropy")
    assert shares["margin"] == 1.0
    assert shares["cross_entropy"] < 0.5


def test_more_restarts_keep_the_best_round_of_each_image():
    """On a loss with two hills a walk from one start ends on the lower one of some images."""
    model = lda()
    split, noise, _ = near_boundary(model, 8)
    short = dataclasses.replace(LINF, attack=machines.PGD("linf", 1, 0.3))
    once, often = (
        attacked(model, split, noise, dataclasses.replace(short, restarts=number)).columns["margin"]
        for number in (1, 6)
    )
    assert (often >= once).all()
    assert (often > once).any()


def test_an_image_that_is_misled_by_enough_is_attacked_no_further_and_keeps_what_was_found():
    """The others are attacked as they are without it, whatever batch they are in."""
    model = lda()
    split, noise, _ = near_boundary(model, 7)
    whole = attacked(model, split, noise, L2)
    broken = whole.columns["margin"][:7] > 1.0
    assert 0 < broken.sum() < 7
    for size in (2, 7):
        got = attacked(model, split, noise, dataclasses.replace(L2, enough=1.0), size)
        np.testing.assert_array_equal(got.columns["queries"][7:] == 0, broken)
        np.testing.assert_array_equal(got.images[7:][broken], got.images[:7][broken])
        np.testing.assert_allclose(got.images[7:][~broken], whole.images[7:][~broken], atol=1e-4)
        np.testing.assert_allclose(got.images[:7], whole.images[:7], atol=1e-4)


@jax.tree_util.register_static
class Ridge:
    """Three classes of 4x4 images; the third one is far behind until the image is bright. Traced like any model."""

    num_classes = 3

    def logits(self, x, key):
        mean = x.mean() / (LEVELS - 1)
        return jnp.stack([0.5 - mean, mean - 0.6, 30.0 * (mean - 0.55)])


class OneByOne:
    """The same, each class by itself, outside of what JAX may trace; it tells how many classes it was asked for."""

    num_classes = 3

    def __init__(self):
        self.asked = []

    def batched_scores(self):
        def values(x, chosen):
            mean = x.mean(axis=(1, 2, 3)) / (LEVELS - 1)
            every = jnp.stack([0.5 - mean, mean - 0.6, 30.0 * (mean - 0.55)], axis=1)
            return jnp.take_along_axis(every, chosen, axis=1)

        @jax.custom_vjp
        def scores(x, chosen):
            np.asarray(x)  # raises on a tracer
            self.asked.append(chosen.shape[1])
            return values(x, chosen)

        def forward(x, chosen):
            return scores(x, chosen), (x, chosen)

        def backward(saved, slope):
            return jax.vjp(lambda x: values(x, saved[1]), saved[0])[1](slope)[0], None

        scores.defvjp(forward, backward)
        return (lambda model, x, keys, draw, chosen: scores(x, chosen)), False


def grey(count):
    images = np.full((count, *SHAPE), 4, np.uint8)
    return Split(images, np.zeros(count, int), np.arange(count), {}, {"split": "test"}), np.zeros((count, 1, *SHAPE))


def test_a_step_looks_at_the_strongest_rivals_alone_and_finds_them_anew():
    model, (split, noise) = OneByOne(), grey(2)
    plan = Plan(machines.PGD("linf", 2 * RERANKED_EVERY, 0.1), (0.5,), restarts=1, targets=0, rivals=1, enough=math.inf)
    got = attacked(model, split, noise.astype(np.float32), plan)
    assert model.asked.count(3) == 1 + 1 + 1  # before, at the tenth step, after
    assert model.asked.count(2) == 2 * RERANKED_EVERY + 3  # the last three tell the slope
    assert got.columns["success"].all()
    assert not got.columns["outside"].any()
    whole = attacked(Ridge(), split, noise.astype(np.float32), plan)
    np.testing.assert_allclose(got.columns["margin"], whole.columns["margin"], rtol=1e-4)


def test_a_rival_that_no_step_looked_at_is_told_and_counts():
    """Five steps are too few for a new ranking: the second class is looked at, and the third one wins."""
    split, noise = grey(2)
    plan = Plan(machines.PGD("linf", 5, 0.5), (0.5,), restarts=1, targets=0, rivals=1, enough=math.inf)
    got = attacked(OneByOne(), split, noise.astype(np.float32), plan)
    assert got.columns["outside"].all()
    assert got.columns["success"].all()


def test_an_attack_that_is_killed_anywhere_goes_on_and_ends_with_the_same_bytes(tmp_path, monkeypatch):
    monkeypatch.setattr("sbgc.procedures.attacks.kept_state.EVERY_SECONDS", 0.0)
    model = lda()
    split, noise, _ = near_boundary(model, 5)
    plan = dataclasses.replace(LINF, restarts=2)
    whole = attacked(model, split, noise, plan, 2)
    kept = KeptState(tmp_path / "state.npz", "this")
    told = 0
    for stop in (1, 3, 7, 31):
        engine = Engine(Victim(model, SETTINGS), split, noise, split, plan, 2)

        def interrupted(*arguments, engine=engine, stop=stop, real=engine._told):
            nonlocal told
            told += 1
            if told % stop == 0:
                raise KeyboardInterrupt
            return real(*arguments)

        engine._told = interrupted
        with pytest.raises(KeyboardInterrupt):
            engine.run(kept)
    resumed = attacked(model, split, noise, plan, 2, kept=kept)
    assert resumed.images.tobytes() == whole.images.tobytes()
    for name, values in whole.columns.items():
        assert resumed.columns[name].tobytes() == values.tobytes()


def test_a_state_of_another_attack_is_told_and_not_gone_on_with(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("sbgc.procedures.attacks.kept_state.EVERY_SECONDS", 0.0)
    model = lda()
    split, noise, _ = near_boundary(model, 3)
    attacked(model, split, noise, LINF, kept=KeptState(tmp_path / "state.npz", "that"))
    got = attacked(model, split, noise, LINF, kept=KeptState(tmp_path / "state.npz", "this"))
    assert "of another attack; the attack begins anew" in capsys.readouterr().err
    np.testing.assert_array_equal(got.images, attacked(model, split, noise, LINF).images)
    (tmp_path / "state.npz").write_bytes(b"cut short")
    attacked(model, split, noise, LINF, kept=KeptState(tmp_path / "state.npz", "this"))
    assert "the attack begins anew" in capsys.readouterr().err


def draws_seen(settings, steps=3):
    """The keys of the probes and the noise that each query used, by its number."""
    seen = []

    class Watched:
        num_classes = 2

        def batched_scores(self):
            def scores(model, x, keys, draw, chosen):
                seen.append((np.asarray(jax.random.key_data(keys)), int(draw), np.asarray(x)))
                return jnp.stack([x.sum(axis=(1, 2, 3)), jnp.zeros(len(x))], axis=1)

            return scores, False

    split, noise, _ = near_boundary(lda(), 2)
    plan = Plan(machines.PGD("l2", steps, 0.0), (0.0,), restarts=1, targets=0, rivals=1, enough=math.inf)
    attacked(Watched(), split, noise, plan, settings=dataclasses.replace(settings, with_gradient=False))
    return seen


def test_noise_and_probes_are_the_same_at_every_step_unless_they_are_drawn_anew():
    fixed = draws_seen(SETTINGS)
    assert {draw for _, draw, _ in fixed} == {0, 1, 2}
    assert len({x.tobytes() for *_, x in fixed}) == 3
    fresh = draws_seen(dataclasses.replace(SETTINGS, fresh_probes=True))
    assert len({draw for _, draw, _ in fresh}) == 3 * (1 + 3 + 1)
    assert len({x.tobytes() for *_, x in fresh}) == 3
    both = draws_seen(dataclasses.replace(SETTINGS, fresh_noise=True))
    assert len({x.tobytes() for *_, x in both}) == 3 * (1 + 3 + 1)
    clean = near_boundary(lda(), 2)[0].images
    assert min((x - clean).min() for *_, x in both) >= 0.0
    assert max((x - clean).max() for *_, x in both) <= 1.0


def test_probes_of_an_attack_are_no_evaluations():
    keys, *_ = draws_seen(SETTINGS)[0]
    np.testing.assert_array_equal(keys[1], jax.random.key_data(key_for(SEED, "attack-probe", 7)))


@pytest.mark.parametrize(("sign", "expected"), [(1.0, 0.0), (-1.0, 1.0)])
def test_a_random_direction_is_better_than_the_gradient_only_where_this_is_wrong(sign, expected):
    """As where a defence masks the gradient."""

    @jax.custom_vjp
    def flipped(x):
        return x

    flipped.defvjp(lambda x: (x, None), lambda _, slope: (sign * slope,))

    @jax.tree_util.register_static
    class Masked:
        num_classes = 2

        def logits(self, x, key):
            return jnp.stack([flipped(x).sum(), jnp.zeros(())])

    split, noise, _ = near_boundary(lda(), 3)
    for plan in (LINF, L2):
        got = attacked(Masked(), split, noise, dataclasses.replace(plan, epsilons=(0.05,)), 2)
        assert set(got.columns["random_wins"]) == {expected}
    assert np.isnan(attacked(lda(), split, noise, LEAST).columns["random_wins"]).all()


def test_a_gradient_that_is_not_finite_is_told_with_its_image():
    @jax.tree_util.register_static
    class Broken:
        num_classes = 2

        def logits(self, x, key):
            return jnp.stack([jnp.sqrt(x.sum() - 70.0), 0.0])

    images = np.stack([np.full(SHAPE, 8), np.full(SHAPE, 2)]).astype(np.uint8)
    split = Split(images, np.zeros(2, int), np.array([5, 9]), {}, {"split": "test"})
    with pytest.raises(FloatingPointError, match=r"image 9: its scores, the loss of the attack or its gradient"):
        attacked(Broken(), split, np.zeros((2, 1, *SHAPE), np.float32), LINF)


def test_the_step_attacks_the_first_images_under_the_noise_of_their_judge(tmp_path):
    split = dataclasses.replace(near_boundary(lda(), 6)[0], labels=np.arange(6) % 2)
    spec = tiny.spec_of(tiny.GAUSSIAN, SHAPE, 2, shrinkage=0.5)
    params = serialization.msgpack_serialize(fitting.fit(spec, split))
    method = PGD(method="pgd", norm="l2", loss="margin", steps=24, relative_step=0.25, restarts=1, targets=0)
    settings = dict(
        images=4, draws=2, strata=2, seed=8, likelihood=tiny.FAST, rivals=1, enough=1e9, fresh=(), rate=None
    )
    attacking = Attacking(name="pgd_l2", method=method, epsilons=L2.epsilons, **settings)
    artifacts.write_split(tmp_path / "split.npz", split)
    (tmp_path / "params.msgpack").write_bytes(params)
    got = step(tmp_path, spec, attacking)
    noise = dequantize.noise(8, split.index[:4], 2, SHAPE, 2)
    want = attacked(gaussian.load(spec, params), split.take(slice(4)), noise, L2, 3)
    np.testing.assert_allclose(got.images, want.images, atol=1e-4)
    assert (got.images != np.tile(split.images[:4], (2, 1, 1, 1))).any(axis=(1, 2, 3)).all()
    wanted = {"attack": "pgd_l2", "norm": "l2", "attacked": "gaussian-seed3", "of_split": "test", "knows_noise": True}
    assert {name: set(got.columns[name]) for name in wanted} == {name: {value} for name, value in wanted.items()}
    np.testing.assert_array_equal(got.columns["epsilon"], np.repeat(L2.epsilons, 4))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.npz", "params.msgpack", "split.npz"]
    boundary = Boundary(method="boundary", norm="l2", steps=60, first_step=0.1, confidence=0.0)
    near = step(tmp_path, spec, Attacking(name="boundary", method=boundary, epsilons=(), **settings))
    assert near.columns["success"].all()
    assert set(near.columns["gradients"]) == {0}
    assert set(near.columns["confidence"]) == {0.0}  # which is not the same as none
    again = method.model_copy(update={"steps": 3, "restarts": 2})
    other = step(tmp_path, spec, Attacking(name="again", method=again, epsilons=L2.epsilons, **settings))
    assert {*got.columns["alike"]} == {*other.columns["alike"]}  # a shorter and a longer run of one attack
    assert [{*one.columns["steps"] * one.columns["restarts"]} for one in (got, other)] == [{24}, {6}]
    blind = Attacking(name="pgd_l2", method=method, epsilons=L2.epsilons, **settings | {"fresh": ("noise",)})
    assert not step(tmp_path, spec, blind).columns["knows_noise"].any()
    clean = step(tmp_path, spec, Attacking(name="clean", method=None, epsilons=(), **settings))
    np.testing.assert_array_equal(clean.images, split.images[:4])
    assert set(clean.columns) == set(near.columns)
    assert math.isclose(clean.columns["norm_l2"].max(), 0.0)


def test_the_step_attacks_a_model_without_its_defence_where_it_is_told_so(tmp_path):
    split = dataclasses.replace(near_boundary(lda(), 6)[0], labels=np.arange(6) % 2)
    plain = tiny.spec_of(tiny.GAUSSIAN, SHAPE, 2, shrinkage=0.5)
    climb = {"name": "maximization", "epsilon": 0.1, "steps": 4, "step": 0.05}
    defended = tiny.spec_of({"kind": "defended", "of": "gaussian", "defence": climb}, SHAPE, 2)
    defended = defended.model_copy(update={"of": plain.settings})
    artifacts.write_split(tmp_path / "split.npz", split)
    (tmp_path / "params.msgpack").write_bytes(serialization.msgpack_serialize(fitting.fit(plain, split)))
    method = PGD(method="pgd", norm="l2", loss="margin", steps=9, relative_step=0.25, restarts=1, targets=0)
    settings = dict(images=4, draws=1, strata=1, seed=8, likelihood=None, rivals=1, enough=1e9, fresh=(), rate=None)

    def made(spec, undefended):
        one = method.model_copy(update={"undefended": undefended})
        return step(tmp_path, spec, Attacking(name="pgd_l2", method=one, epsilons=L2.epsilons, **settings))

    wanted, got, through = made(plain, False), made(defended, True), made(defended, False)
    np.testing.assert_array_equal(got.images, wanted.images)
    assert not np.array_equal(through.images, wanted.images)
    assert set(got.columns["attacked"]) == {"defended-seed3"}
    assert {*got.columns["alike"]}.isdisjoint(through.columns["alike"])  # two attacks, none the longer one


def test_the_step_evades_a_test_against_scores_of_training_images(tmp_path):
    """Those of the fitted images: without the test, images that mislead lie far below the half that it accepts."""
    split, noise, _ = near_boundary(lda(), 12)
    spec = tiny.spec_of(tiny.GAUSSIAN, SHAPE, 2, shrinkage=0.5)
    params = serialization.msgpack_serialize(fitting.fit(spec, split))
    artifacts.write_split(tmp_path / "split.npz", split)
    (tmp_path / "params.msgpack").write_bytes(params)
    model = gaussian.load(spec, params)
    artifacts.write_matrix(
        tmp_path / "train.npz", matrix(scores_of(model, split.images[:, None] + noise), labels=split.labels)
    )
    method = FastMinimumNorm(
        method="fast_minimum_norm", norm="l2", steps=60, first_step=0.5, confidence=0.1, targets=0, evades="typicality"
    )
    settings = dict(images=4, draws=1, strata=1, seed=8, likelihood=None, rivals=1, enough=1e9, fresh=(), rate=0.5)
    attacking = Attacking(name="evading", method=method, epsilons=(), **settings)
    got, plain = (step(tmp_path, spec, attacking, reference) for reference in (tmp_path / "train.npz", "none"))
    log_prob = metrics.log_marginal(artifacts.read_matrix(tmp_path / "train.npz").scores.mean(axis=2))
    accepted = acceptance.band("typicality", log_prob, 0.5)
    drawn = dequantize.noise(8, split.index[:4], 1, SHAPE, 1)
    inside = [
        accepted.accepts(metrics.log_marginal(scores_of(model, one.images[:, None] + drawn)[:, :, 0]))
        for one in (got, plain)
    ]
    assert got.columns["success"].all()
    assert inside[0].all()
    assert not inside[1].all()
    assert set(got.columns["evades"]) == {"typicality"}
    assert set(got.columns["confidence"]) == {0.1}
    assert np.isnan(got.columns["detector_weight"]).all()


def scores_of(model, draws):
    """log p(x|y) [images, classes, draws]."""
    every = jax.vmap(jax.vmap(lambda x: class_log_probs(model, x, jax.random.key(0)).value))(jnp.asarray(draws))
    return np.asarray(every, float).transpose(0, 2, 1)


def step(folder, spec, attacking, reference="none"):
    """The split that the step makes."""
    files = {"params": "params.msgpack", "split": "split.npz", "out": "out.npz"}
    options = {name: folder / file for name, file in files.items()} | {"seed": 3, "batch-size": 3, "grid": "none"}
    options["reference"] = reference
    options |= {"spec": spec.model_dump_json(), "attack": attacking.model_dump_json()}
    attack_step.main([part for name, value in options.items() for part in (f"--{name}", str(value))])
    return artifacts.read_split(folder / "out.npz")


def test_of_least_perturbations_one_with_the_wanted_margin_beats_a_smaller_one_that_misleads_by_less():
    plan = Plan(machines.FastMinimumNorm("l2", 4, 1.0, confidence=2.0), (), 1, 0, 1, math.inf)
    value = plan.value(np.array([2.5, 2.5, 0.1, -0.1]), np.array([3.0, 1.0, 0.5, 0.2]))
    assert value.argsort().tolist() == [3, 2, 0, 1]


def test_a_boundary_attack_begins_at_an_image_that_misleads(monkeypatch):
    """The model has half of the pool wrong: the nearest image of another label often does not mislead."""
    model = lda()
    split, noise, found = near_boundary(model, 40)
    mislabeled = dataclasses.replace(split, labels=np.where(np.arange(40) % 2, split.labels, 1 - split.labels))
    right = np.arange(1, 40, 2)
    plan = Plan(machines.Boundary(12, 0.1, 0.1), (), 1, 0, 1, math.inf)
    settings = dataclasses.replace(SETTINGS, with_gradient=False)
    shares = []
    for nearest in (40, 1):
        monkeypatch.setattr(starts, "NEAREST", nearest)
        got = attacked(model, split.take(right), noise[right], plan, settings=settings, pool=mislabeled)
        shares.append(got.columns["success"].mean())
    assert shares[0] > 0.9  # one has no image in the pool that misleads under its own noise
    assert shares[1] < 0.8
    alone = dataclasses.replace(split, labels=np.zeros(40, int))
    with pytest.raises(artifacts.ArtifactError, match="starts at images of other classes, and the split has none"):
        attacked(model, alone, noise, plan, settings=settings)
