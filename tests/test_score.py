import dataclasses
import math

import diffrax
import jax
import jax.numpy as jnp
import numpy as np
import optax
import oracles
import pytest
import tiny
from flax import serialization
from jax.flatten_util import ravel_pytree
from scipy.stats import norm

from sbgc.maths import probability_flow, score_matching
from sbgc.models import score
from sbgc.nets.unet import UNet

SHAPE, LEVELS, DIM = (2, 2, 1), 17, 4
KEY = jax.random.key(0)
MEANS, STD = np.array([-0.4, 0.1, 0.5]), 0.2  # of the classes on the unit cube, and their spread


class Known(score.ScoreModel):
    """A score model whose net is perfect on data known in closed form: class y is N(MEANS[y], STD^2 I)."""

    def eps_hat(self, z, t, y):
        return oracles.noise_prediction(oracles.gaussian(jnp.asarray(MEANS, z.dtype)[y], STD, *SHAPE), self.sde)(z, t)


def spec_of(**settings):
    """The tiny spec at one level of 2x2 pixels, small enough for traces and Jacobians that are exact."""
    spec = tiny.score_spec()
    spec["dataset"] |= {"image_shape": list(SHAPE)}
    spec["settings"]["net"] |= {"features": 4, "multipliers": [1], "attention_sizes": []}
    spec["settings"] |= settings
    return spec


def model(kind=score.ScoreModel, start=0.0, **likelihood):
    """With random parameters, large enough to bend the flow."""
    spec = spec_of() | {"start": start}
    shapes = jax.eval_shape(score.trainer(spec).init, KEY)
    random = np.random.default_rng(0)
    variables = jax.tree.map(lambda leaf: random.normal(0.0, 0.4, leaf.shape).astype(np.float32), shapes)
    loaded = score.load(spec, serialization.msgpack_serialize(variables))
    return kind(**{field.name: getattr(loaded, field.name) for field in dataclasses.fields(loaded)} | likelihood)


def fast(nodes, probes):
    return {"procedure": "fast", "nodes": nodes, "num_probes": probes, "family": "rademacher"}


def images(count=1):
    return jnp.asarray(np.random.default_rng(1).uniform(0.3 * LEVELS, 0.7 * LEVELS, (count, *SHAPE)), jnp.float32)


def test_log_prob_is_the_known_density_in_grey_levels():
    """z = 2 x / L - 1 has mean MEANS[y] where x has L (1 + MEANS[y]) / 2, and L / 2 times its spread."""
    known, x, classes = model(Known, likelihood=fast(100, DIM)), images()[0], jnp.arange(tiny.CLASSES)
    found = jax.jit(jax.vmap(lambda y: known.log_prob(x, y, KEY).value))(classes)
    wanted = norm.logpdf(np.asarray(x, float)[..., None], LEVELS * (1 + MEANS) / 2, LEVELS * STD / 2)
    np.testing.assert_allclose(found, wanted.sum(axis=(0, 1, 2)), atol=0.03)


def test_a_flow_that_begins_in_noise_knows_the_density_of_noisy_images():
    """Of x with noise of sigma / alpha = s on the unit cube already: N(mean, STD^2 + s^2) there."""
    x, classes, start = images()[0], jnp.arange(tiny.CLASSES), 0.1
    wanted = norm.logpdf(
        np.asarray(x, float)[..., None], LEVELS * (1 + MEANS) / 2, LEVELS * np.hypot(STD, start) / 2
    ).sum(axis=(0, 1, 2))
    for likelihood in (fast(100, DIM), {"procedure": "reference", "rtol": 1e-5, "atol": 1e-5, "num_probes": DIM}):
        known = model(Known, start, likelihood=likelihood)
        found = jax.jit(jax.vmap(lambda y, known=known: known.log_prob(x, y, KEY).value))(classes)
        np.testing.assert_allclose(found, wanted, atol=0.03)
        logits = known.batched_logits()(x[None], KEY[None], 0)[0]
        np.testing.assert_allclose(logits, wanted, atol=0.03)


def test_both_procedures_are_the_change_of_variables_of_the_whole_flow():
    """log N(x(1); 0, I) + log |det dx(1)/dx|, the determinant that of the solved map; in grey levels throughout."""
    bent, y, x = model(likelihood=fast(200, DIM)), jnp.asarray(1), images()[0]
    exact = {"procedure": "reference", "rtol": 1e-5, "atol": 1e-5, "num_probes": DIM}
    adaptive = dataclasses.replace(bent, likelihood=exact)

    def end(x):
        def drift(t, z, _):
            return probability_flow.drift(bent.sde, lambda z, t: bent.eps_hat(z, t, y), z, t)

        times, control = (1e-5, 1.0, 1e-3), diffrax.PIDController(rtol=1e-6, atol=1e-6)
        arguments = diffrax.ODETerm(drift), diffrax.Tsit5(), *times, 2.0 * x.reshape(SHAPE) / LEVELS - 1.0
        solved = diffrax.diffeqsolve(*arguments, stepsize_controller=control, adjoint=diffrax.ForwardMode())
        return (solved.ys.reshape(-1),) * 2

    jacobian, z = jax.jit(jax.jacfwd(end, has_aux=True))(x.reshape(-1))
    wanted = -0.5 * jnp.sum(z**2) - 0.5 * DIM * math.log(2 * math.pi) + jnp.linalg.slogdet(jacobian)[1]
    found = [jax.jit(one.log_prob)(x, y, KEY).value for one in (bent, adaptive)]
    np.testing.assert_allclose(found, float(wanted), atol=0.01)
    assert abs(jacobian - jnp.diag(jnp.diag(jacobian))).max() > 0.01 * abs(jacobian).max()  # not a rescaling alone


def test_batched_logits_are_the_log_probs_of_all_classes():
    known, x, keys = model(Known, likelihood=fast(5, 1)), images(2), jax.random.split(KEY, 2)
    log_prob = jax.vmap(lambda x, y, key: known.log_prob(x, y, key).value, in_axes=(None, 0, None))
    wanted = jax.jit(jax.vmap(log_prob, in_axes=(0, None, 0)))(x, jnp.arange(tiny.CLASSES), keys)
    np.testing.assert_allclose(known.batched_logits()(x, keys, 0), wanted, rtol=1e-5, atol=1e-4)


def test_gradients_of_both_procedures_are_the_closed_form():
    """d/dx log N(x; mean, std^2): discretized first on the grid, the continuous adjoint of the reference."""
    x, keys = images(2), jax.random.split(KEY, 2)
    wanted = (LEVELS * (1 + MEANS[1]) / 2 - np.asarray(x, float)) / (LEVELS * STD / 2) ** 2
    for likelihood in (fast(100, DIM), {"procedure": "reference", "rtol": 1e-5, "atol": 1e-5, "num_probes": DIM}):
        log_probs = model(Known, likelihood=likelihood).batched_logits()
        found = jax.grad(lambda x, log_probs=log_probs: log_probs(x, keys, 0)[:, 1].sum())(x)
        np.testing.assert_allclose(found, wanted, rtol=2e-3, atol=2e-3)


def test_samples_have_the_mean_and_the_spread_of_their_class():
    draw = jax.jit(jax.vmap(lambda y, seed: model(Known).sample(y, jax.random.key(seed), 30)))
    labels, seeds = np.repeat(np.arange(tiny.CLASSES), 500), np.arange(1500)
    samples = np.asarray(draw(labels, seeds)).reshape(tiny.CLASSES, -1)
    assert ((samples >= 0) & (samples <= LEVELS)).all()
    wanted, spread = LEVELS * (1 + MEANS) / 2, LEVELS * STD / 2
    np.testing.assert_allclose(samples.mean(axis=1), wanted, atol=4 * spread / math.sqrt(samples.shape[1]) + 0.05)
    np.testing.assert_allclose(samples.std(axis=1)[:2], spread, rtol=0.05)  # the third is clipped at white


def test_the_net_sees_the_unit_cube_999_times_the_time_and_the_class(monkeypatch):
    monkeypatch.setattr(UNet, "apply", lambda net, variables, z, position, label: z * position[0] + label[0])
    z, t, y = images()[0] / LEVELS, jnp.asarray(0.3), jnp.asarray(2)
    np.testing.assert_allclose(model().eps_hat(z, t, y), 299.7 * z + 2, rtol=1e-6)


def test_training_shows_the_net_each_image_with_its_class_once(monkeypatch):
    seen = []

    def apply(net, variables, z, position, label, train, rngs):
        seen.extend(zip(np.asarray(z), np.asarray(position), np.asarray(label), strict=True))
        assert train
        assert set(rngs) == {"dropout"}
        return z

    def loss(sde, eps_hat, z, times, weights, key):
        return jnp.mean(eps_hat(z, times))

    monkeypatch.setattr(UNet, "apply", apply)
    monkeypatch.setattr(score_matching, "loss", loss)
    x, labels = images(6), jnp.arange(6)
    found, mutable = score.trainer(spec_of()).loss({"params": {}}, x, labels, KEY)
    assert mutable is None
    assert float(found) == pytest.approx(float(jnp.mean(2.0 * x / LEVELS - 1.0)), abs=1e-6)
    assert sorted(int(label) for _, _, label in seen) == list(range(6))
    for z, _, label in seen:
        np.testing.assert_allclose(z, 2.0 * x[label] / LEVELS - 1.0, rtol=1e-6)
    assert len({float(position) for _, position, _ in seen}) == 6
    assert all(0 < position <= 999 for _, position, _ in seen)


@pytest.mark.parametrize("cosine", [False, True])
def test_the_optimizer_is_clipped_adam_that_warms_up(cosine):
    """Kingma & Ba 2015, algorithm 1, on gradients scaled to norm 1 at most; the rate from 0 at the first step."""
    settings = {"learning_rate": 0.1, "warmup_steps": 2, "clip_norm": 1.0, "cosine_decay": cosine}
    training = {
        "steps": 6,
        "batch_size": 2,
        "accumulation": 1,
        "flips": False,
        "crops": 0,
        "augmix": None,
        "ema_decay": 0.9,
    }
    optimizer = score.trainer(spec_of(optimizer=settings, training=training)).optimizer
    rates = [0.0, 0.05, *(0.1 * (0.5 * (1 + math.cos(math.pi * n / 4)) if cosine else 1.0) for n in range(4))]
    params = jnp.zeros(3)
    state, weights, first, second = optimizer.init(params), np.zeros(3), np.zeros(3), np.zeros(3)
    for step, gradient in enumerate(np.random.default_rng(0).normal(size=(6, 3)) * [[0.1], [5], [1], [0.3], [2], [9]]):
        updates, state = optimizer.update(jnp.asarray(gradient, jnp.float32), state, params)
        params = optax.apply_updates(params, updates)
        clipped = gradient / max(1.0, np.linalg.norm(gradient))
        first, second = 0.9 * first + 0.1 * clipped, 0.999 * second + 0.001 * clipped**2
        unbiased = first / (1 - 0.9 ** (step + 1)), second / (1 - 0.999 ** (step + 1))
        weights = weights - rates[step] * unbiased[0] / (np.sqrt(unbiased[1]) + 1e-8)
        np.testing.assert_allclose(params, weights, rtol=2e-4, atol=1e-6)


@pytest.mark.usefixtures("strict")
def test_in_bfloat16_the_prediction_and_the_loss_differ_in_the_third_digit_and_stay_float32():
    full, z = model(), jnp.asarray(np.random.default_rng(2).uniform(-1.0, 1.0, SHAPE), jnp.float32)
    half = dataclasses.replace(full, precision="bfloat16")
    wanted, found = (jax.jit(one.eps_hat)(z, jnp.asarray(0.4), jnp.asarray(1)) for one in (full, half))
    error = float(jnp.linalg.norm(found - wanted) / jnp.linalg.norm(wanted))
    assert found.dtype == jnp.float32
    assert 1e-4 < error < 3e-2

    net = spec_of()["settings"]["net"]
    values = []
    for precision in ("float32", "bfloat16"):
        trainer = score.trainer(spec_of(net=net | {"precision": precision}))
        arguments = images(8), jnp.arange(8) % tiny.CLASSES, KEY
        value = jax.jit(jax.value_and_grad(lambda v, t=trainer, a=arguments: t.loss(v, *a)[0]))
        values.append(value({"params": full.variables["params"]}))
    (loss, gradient), (rounded, approximate) = values
    assert float(rounded) == pytest.approx(float(loss), rel=3e-2)
    assert {leaf.dtype for leaf in jax.tree.leaves(approximate)} == {jnp.dtype("float32")}
    flat, other = (ravel_pytree(tree)[0] for tree in (gradient, approximate))
    assert float(flat @ other / jnp.linalg.norm(flat) / jnp.linalg.norm(other)) > 0.999
