import functools

import jax
import jax.numpy as jnp
import numpy as np
import oracles
import pytest

from sbgc.maths import coordinates, fixed_grid, grids, path_gradient

SDE, SHAPE, CLASSES, NODES, PROBES = oracles.SDES["vp"], (2, 2, 1), 3, 6, 2
CALLS = []


@pytest.fixture(autouse=True)
def double_precision():
    with jax.enable_x64(True):
        yield


def weights(seed=0):
    random = np.random.default_rng(seed)
    shapes = {"first": (5, 8), "second": (8, 4), "shift": (CLASSES, 8)}
    return {name: jnp.asarray(random.normal(size=shape)) for name, shape in shapes.items()}


def eps_hat(model, z, t, y):
    """A smooth random net beside that of a Gaussian."""
    CALLS.append(1)  # in Python, so once a trace
    hidden = jnp.tanh(jnp.append(z.reshape(-1), t) @ model["first"] + model["shift"][y])
    base = oracles.noise_prediction(oracles.gaussian(0.0, 0.5, *SHAPE), SDE)
    return base(z, t) + 0.3 * jnp.tanh(hidden @ model["second"]).reshape(SHAPE)


def images(count=3):
    return jnp.asarray(np.random.default_rng(1).normal(0.0, 0.5, (count, *SHAPE)))


def keys(count=3):
    return jax.random.split(jax.random.key(4), count)


def grid(nodes=NODES):
    """In coordinates that mix the pixels."""
    basis = np.linalg.qr(np.random.default_rng(2).normal(size=(4, 4)))[0]
    axes = coordinates.Coordinates(np.full(SHAPE, 0.1), np.array([0.05, 0.1, 0.2, 0.4]), basis)
    return grids.grid(SDE, nodes, grids.Placement(-2.0, 1.0), axes)


@functools.cache
def scores():
    return of_all_classes(grid())


def of_all_classes(grid):
    """(z, keys, draw) -> log p(z|y) of every class."""
    log_probs, model = path_gradient.class_log_probs(SDE, eps_hat, grid, PROBES, "hadamard"), weights()
    return lambda z, keys, draw: log_probs(model, z, keys, draw, jnp.tile(jnp.arange(CLASSES), (len(z), 1)))


def scanned(z, keys):
    """The same estimate as one compiled loop."""
    model = weights()

    def one(z, key, y):
        return fixed_grid.log_prob(SDE, lambda z, t: eps_hat(model, z, t, y), z, key, grid(), PROBES, "hadamard").value

    return jax.vmap(lambda z, key: jax.vmap(lambda y: one(z, key, y))(jnp.arange(CLASSES)))(z, keys)


@jax.jit
def gradient_of_scanned(z, cotangent):
    return jax.vjp(lambda z: scanned(z, keys()), z)[1](cotangent)[0]


def margin(values):
    """The best of the other classes minus the first: two classes have a gradient, which two depends on the image."""
    return (values[:, 1:].max(axis=1) - values[:, 0]).sum()


OBJECTIVES = {
    "every class": lambda values: jnp.sum(jnp.sin(values)),
    "one class": lambda values: values[:, 1].sum(),
    "a margin": margin,
    "nothing": lambda values: 0.0 * values.sum(),
}


def test_values_are_those_of_the_scanned_grid_with_the_same_keys():
    np.testing.assert_allclose(scores()(images(), keys(), 0), jax.jit(scanned)(images(), keys()), rtol=1e-10)


@pytest.mark.parametrize("objective", OBJECTIVES.values(), ids=OBJECTIVES)
def test_gradients_are_those_of_the_scanned_grid(objective):
    found = jax.grad(lambda z: objective(scores()(z, keys(), 0)))(images())
    wanted = gradient_of_scanned(images(), jax.grad(objective)(scores()(images(), keys(), 0)))
    np.testing.assert_allclose(found, wanted, rtol=1e-8, atol=1e-12)


@pytest.mark.parametrize("pairs", [1, 3, 6])
def test_gradients_do_not_depend_on_the_pieces_they_are_taken_in(pairs, monkeypatch):
    """Of 5 images and 3 classes: one, one and two images a piece."""
    gradient = jax.grad(lambda z: jnp.sin(scores()(z, keys(5), 0)).sum())
    whole = gradient(images(5))
    monkeypatch.setattr(path_gradient, "CACHED_PAIRS", pairs)
    np.testing.assert_allclose(gradient(images(5)), whole, rtol=1e-10)


def test_the_gradient_agrees_with_finite_differences():
    """SBGC section 3.3 checks its gradient so; here to 1e-6 of it, along every coordinate of an image."""
    log_probs, z, key = scores(), images(1), keys(1)

    def log_posterior(z):
        return jax.nn.log_softmax(log_probs(z, key, 0))[0, 1]

    exact = np.asarray(jax.grad(log_posterior)(z)).ravel()
    step = 1e-5
    for number, direction in enumerate(np.eye(4).reshape(4, 1, *SHAPE)):
        difference = log_posterior(z + step * direction) - log_posterior(z - step * direction)
        assert float(difference) / (2 * step) == pytest.approx(exact[number], rel=1e-6, abs=1e-8)


def test_no_gradient_depends_on_batch_mates():
    log_probs = scores()
    together = jax.grad(lambda z: log_probs(z, keys(), 0)[:, 0].sum())(images())
    alone = jax.grad(lambda z: log_probs(z, keys()[1:2], 0)[:, 0].sum())(images()[1:2])
    np.testing.assert_allclose(together[1:2], alone, rtol=1e-10)


def test_one_step_is_compiled_however_long_the_path():
    before = len(CALLS)
    of_all_classes(grid(5))(images(1), keys(1), 0)
    assert len(CALLS) == before + 1


def test_classes_can_be_asked_for_in_any_number_and_order():
    """Each image may ask for others; values and gradients are those of the same classes among all."""
    log_probs = path_gradient.class_log_probs(SDE, eps_hat, grid(), PROBES, "hadamard")
    chosen = jnp.asarray([[2, 0], [1, 2], [0, 1]])
    some = lambda z: log_probs(weights(), z, keys(), 0, chosen)  # noqa: E731
    every = lambda z: jnp.take_along_axis(scores()(z, keys(), 0), chosen, axis=1)  # noqa: E731
    np.testing.assert_allclose(some(images()), every(images()), rtol=1e-12)
    slopes = jnp.asarray([[1.0, -1.0], [0.0, 2.0], [-1.0, 1.0]])
    got, want = (jax.vjp(of, images())[1](slopes)[0] for of in (some, every))
    np.testing.assert_allclose(got, want, rtol=1e-10)
