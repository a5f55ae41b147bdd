import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import tiny
from flax import serialization

from sbgc import artifacts
from sbgc.artifacts import Split
from sbgc.config.analyses import Attack
from sbgc.config.spec import Attacking
from sbgc.data import dequantize
from sbgc.fitting import gaussian as fitting
from sbgc.keys import key_for
from sbgc.models import gaussian
from sbgc.models.gaussian import Gaussian
from sbgc.procedures.attacks import pgd
from sbgc.procedures.attacks.pgd import PGD
from sbgc.steps import attack as attack_step

LEVELS, SHAPE, DIM = 17, (4, 4, 1), 16
LINF = PGD("linf", (0.05, 0.1), steps=12, relative_step=0.25, loss="margin", levels=LEVELS, seed=3)
L2 = dataclasses.replace(LINF, norm="l2", epsilons=(0.2, 0.5), steps=24)


def lda(scale=0.5, seed=0):
    """Two Gaussians N(mu_y, scale^2 I) with means mid-scale: their boundary is a hyperplane, at a known distance."""
    mean = np.random.default_rng(seed).uniform(6.0, 11.0, (2, DIM))
    whiten = np.broadcast_to(np.eye(DIM) / scale, (2, DIM, DIM))
    return Gaussian(2, jnp.asarray(mean, jnp.float32), jnp.asarray(whiten, jnp.float32), jnp.zeros(2))


def batched(model):
    return jax.jit(jax.vmap(lambda x, key, draw: model.logits(x, key), (0, 0, None)))


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
    margins = (images.reshape(count, -1) + noise.mean(axis=1).reshape(count, -1)) @ w + b
    labels = (margins < 0).astype(np.int64)
    return Split(images, labels, np.arange(count) * 7, {"source": np.arange(count)}, {"split": "test"}), noise, margins


def predictions(model, images, noise):
    """Classes of the images by the scores averaged over their noise; no random number, no Foolbox."""
    w, b = normal_and_bias(model)
    x = images.reshape(len(images), -1).astype(float) + noise.mean(axis=1).reshape(len(images), -1)
    return (x @ w + b < 0).astype(int)


@pytest.mark.parametrize(("norm", "dual"), [("l2", 2), ("linf", 1)])
def test_it_succeeds_above_the_distance_to_a_plane_and_fails_below(norm, dual):
    """The distance of x to w . x + b = 0 is |w . x + b| over the dual norm of w."""
    model = lda()
    split, noise, margins = near_boundary(model, 2)
    w, _ = normal_and_bias(model)
    for row, distance in enumerate(np.abs(margins) / np.linalg.norm(w, ord=dual) / (LEVELS - 1)):
        one = dataclasses.replace(L2, norm=norm, epsilons=(0.98 * distance, 1.02 * distance))
        attacked = pgd.attack(batched(model), split.take(slice(row, row + 1)), noise[[row]], one, 1)
        found = predictions(model, attacked.images, np.repeat(noise[[row]], 2, axis=0))
        assert list(found == split.labels[row]) == [True, False]


def test_on_a_plane_the_l2_attack_ends_at_the_known_optimum():
    model = lda()
    split, noise, margins = near_boundary(model, 4)
    attacked = pgd.attack(batched(model), split, noise, L2, 4)
    w, _ = normal_and_bias(model)
    away = -np.sign(margins)[:, None] * w / np.linalg.norm(w)
    for epsilon in L2.epsilons:
        moved = attacked.images[attacked.columns["epsilon"] == epsilon].reshape(4, -1) - split.images.reshape(4, -1)
        np.testing.assert_allclose(moved, epsilon * (LEVELS - 1) * away, atol=0.01 * epsilon * (LEVELS - 1))


@pytest.mark.parametrize("settings", [LINF, L2], ids=lambda one: one.norm)
def test_perturbations_stay_within_epsilon_and_images_within_the_grey_levels(settings):
    model = lda(seed=4)
    split, noise, _ = near_boundary(model, 6)
    extremes = dataclasses.replace(split, images=np.where(split.images > 8, LEVELS - 1, 0).astype(np.uint8))
    extremes = dataclasses.replace(extremes, labels=predictions(model, extremes.images, noise).astype(np.int64))
    attacked = pgd.attack(batched(model), extremes, noise, settings, 6)
    assert attacked.images.dtype == np.float32
    assert attacked.images.min() == 0.0
    assert attacked.images.max() == LEVELS - 1
    moved = (attacked.images - np.tile(extremes.images, (2, 1, 1, 1))).reshape(12, -1)
    sizes = np.linalg.norm(moved, ord=np.inf if settings.norm == "linf" else 2, axis=1)
    assert (sizes <= attacked.columns["epsilon"] * (LEVELS - 1) + 1e-4).all()
    assert (sizes > 0).all()


@pytest.mark.parametrize("settings", [LINF, L2], ids=lambda one: one.norm)
def test_an_image_is_attacked_alike_whatever_its_batch_mates_and_the_order(settings):
    model = lda()
    split, noise, _ = near_boundary(model, 7)
    whole = pgd.attack(batched(model), split, noise, settings, 7)
    order = np.random.default_rng(5).permutation(7)
    shuffled = pgd.attack(batched(model), split.take(order), noise[order], settings, 3)
    both = np.concatenate([order, 7 + order])
    np.testing.assert_array_equal(shuffled.index, whole.index[both])
    np.testing.assert_allclose(shuffled.images, whole.images[both], atol=1e-4)


def test_epsilons_are_stacked_with_the_label_index_and_columns_of_the_clean_image():
    model = lda()
    split, noise, _ = near_boundary(model, 3)
    attacked = pgd.attack(batched(model), split, noise, LINF, 2)
    np.testing.assert_array_equal(attacked.columns["epsilon"], [0.05] * 3 + [0.1] * 3)
    for name in ("labels", "index"):
        np.testing.assert_array_equal(getattr(attacked, name), np.tile(getattr(split, name), 2))
    np.testing.assert_array_equal(attacked.columns["source"], np.tile(np.arange(3), 2))


def test_images_that_are_misclassified_already_stay_as_they_are():
    model = lda()
    split, noise, _ = near_boundary(model, 4)
    wrong = dataclasses.replace(split, labels=np.where(np.arange(4) < 2, 1 - split.labels, split.labels))
    attacked = pgd.attack(batched(model), wrong, noise, LINF, 4)
    unmoved = (attacked.images == np.tile(split.images, (2, 1, 1, 1))).all(axis=(1, 2, 3))
    np.testing.assert_array_equal(unmoved, [True, True, False, False] * 2)


def test_the_margin_crosses_where_the_gradient_of_the_cross_entropy_has_vanished():
    """Likelihoods lie hundreds of nats apart: in float32 the softmax is then exactly 0 or 1."""
    model = lda(scale=0.1)
    split, noise, margins = near_boundary(model, 6)
    assert np.abs(margins).min() > 200
    found = {}
    for loss in ("margin", "cross_entropy"):
        one = dataclasses.replace(L2, epsilons=(2.0,), loss=loss)
        attacked = pgd.attack(batched(model), split, noise, one, 6)
        found[loss] = (predictions(model, attacked.images, noise) == split.labels).mean()
    assert found["margin"] == 0.0
    assert found["cross_entropy"] > 0.5


def test_a_classifier_that_loops_on_the_host_is_never_traced():
    """np.asarray raises on a tracer; this one's value and gradient are NumPy."""
    model = lda()
    w, b = normal_and_bias(model)

    def on_host(xs, keys, draw):
        margins = np.stack([np.asarray(x, float).ravel() @ w + b for x in xs])
        return jnp.asarray(np.stack([margins, np.zeros(len(margins))], axis=1), jnp.float32)

    def backward(keys, cotangent):
        gradient = np.asarray(cotangent, float)[:, :1] * w
        return jnp.asarray(gradient.reshape(-1, *SHAPE), jnp.float32), None, None

    scores = jax.custom_vjp(on_host)
    scores.defvjp(lambda xs, keys, draw: (on_host(xs, keys, draw), keys), backward)
    split, noise, _ = near_boundary(model, 5)
    got = pgd.attack(scores, split, noise, L2, 5)
    want = pgd.attack(batched(model), split, noise, L2, 5)
    np.testing.assert_allclose(got.images, want.images, atol=1e-3)


def test_noise_and_probes_are_the_same_at_every_step_and_differ_between_draws_and_images():
    seen = []

    def scores(xs, keys, draw):
        seen.append(np.asarray(jax.random.key_data(jax.vmap(jax.random.fold_in, (0, None))(keys, draw))))
        return jnp.stack([xs.sum(axis=(1, 2, 3)), jnp.zeros(len(xs))], axis=1)

    split, noise, _ = near_boundary(lda(), 2)
    pgd.attack(scores, split, noise, dataclasses.replace(L2, steps=3), 2)
    seen_of_draw = [np.unique(np.stack(seen[draw::3]), axis=0) for draw in range(3)]
    assert [len(keys) for keys in seen_of_draw] == [1, 1, 1]
    assert len(np.unique(np.concatenate(seen_of_draw).reshape(6, -1), axis=0)) == 6
    probe = jax.random.key_data(jax.random.fold_in(key_for(L2.seed, "attack-probe", 7), 2))
    np.testing.assert_array_equal(seen_of_draw[2][0, 1], probe)


def test_the_attacked_classifier_is_the_posterior_averaged_over_draws_in_log_space():
    model = lda()
    split, noise, margins = near_boundary(model, 5)
    classify = pgd.fixed_noise(batched(model), noise, split.index, L2)
    got = classify(jnp.asarray(split.images, jnp.float32) / (LEVELS - 1))
    np.testing.assert_allclose(got[:, 0] - got[:, 1], margins, atol=2e-3)


@pytest.mark.parametrize("name", ["margin", "cross_entropy"])
def test_a_loss_is_written_out_by_hand(name):
    scores, labels = jnp.asarray([[1.0, 3.0, 2.5], [4.0, 0.0, -1.0]]), jnp.asarray([2, 0])
    want = {
        "margin": [0.5, -4.0],
        "cross_entropy": [np.log(np.exp([-1.5, 0.5, 0]).sum()), np.log1p(np.exp(-4) + np.exp(-5))],
    }
    np.testing.assert_allclose(pgd.LOSSES[name](scores, labels), want[name], rtol=1e-5)


@pytest.mark.parametrize("norm", ["linf", "l2"])
def test_starts_are_uniform_in_the_unit_ball(norm):
    """In a ball of dimension 3 the l2 radius cubed is uniform; in a cube each coordinate is."""
    points = jax.vmap(lambda index: pgd.unit_start(norm, index, (3, 1, 1), 0))(jnp.arange(4000)).reshape(4000, 3)
    uniform = (np.linalg.norm(points, axis=1) ** 3) if norm == "l2" else (np.asarray(points).ravel() + 1) / 2
    np.testing.assert_allclose(np.quantile(uniform, [0.1, 0.5, 0.9]), [0.1, 0.5, 0.9], atol=0.03)
    np.testing.assert_allclose(points.mean(axis=0), 0.0, atol=0.04)


def test_the_step_attacks_the_first_images_under_the_noise_of_the_evaluation(tmp_path):
    split = dataclasses.replace(near_boundary(lda(), 6)[0], labels=np.arange(6) % 2)
    spec = tiny.spec_of(tiny.GAUSSIAN, SHAPE, 2, shrinkage=0.5)
    params = serialization.msgpack_serialize(fitting.fit(spec, split))
    settings = {name: getattr(L2, name) for name in ("epsilons", "steps", "relative_step", "loss")}
    attacking = Attacking(
        norm="l2", images=4, draws=2, strata=2, seed=8, attacked=tiny.FAST, attack=Attack.model_validate(settings)
    )
    artifacts.write_split(tmp_path / "split.npz", split)
    (tmp_path / "params.msgpack").write_bytes(params)
    files = {"params": "params.msgpack", "split": "split.npz", "out": "out.npz"}
    options = {name: tmp_path / file for name, file in files.items()} | {"seed": 3, "batch-size": 3, "grid": "none"}
    options |= {"spec": spec.model_dump_json(), "attack": attacking.model_dump_json()}
    attack_step.main([part for name, value in options.items() for part in (f"--{name}", str(value))])
    got = artifacts.read_split(tmp_path / "out.npz")
    noise = dequantize.noise(8, split.index[:4], 2, SHAPE, 2)
    want = pgd.attack(batched(gaussian.load(spec, params)), split.take(slice(4)), noise, L2, 4)
    np.testing.assert_allclose(got.images, want.images, atol=1e-4)
    assert (got.images != np.tile(split.images[:4], (2, 1, 1, 1))).any(axis=(1, 2, 3)).all()
    for name, value in {"norm": "l2", "attacked": "gaussian-seed3", "steps": L2.steps}.items():
        assert set(got.columns[name]) == {value}
    np.testing.assert_array_equal(got.columns["epsilon"], np.repeat(L2.epsilons, 4))
