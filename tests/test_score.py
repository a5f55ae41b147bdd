import math
from dataclasses import dataclass, replace

import diffrax
import jax
import jax.numpy as jnp
import numpy as np
import oracles
import pytest
import tiny
from flax import serialization
from scipy.stats import norm

from sbgc.config.likelihoods import Fast, Reference
from sbgc.maths import probability_flow
from sbgc.maths.sde import SDE
from sbgc.models import score
from sbgc.nets.noise_network import NoiseNetwork

SHAPE, LEVELS, DIM = (2, 2, 1), 17, 4
KEY = jax.random.key(0)
MEANS, STD = np.array([-0.4, 0.1, 0.5]), 0.2  # of the classes on the unit cube, and their spread


@dataclass(frozen=True)
class Perfect(NoiseNetwork):
    """The noise prediction of data known in closed form: class y is N(MEANS[y], STD^2 I)."""

    sde: SDE

    def predict(self, variables, z, times, labels):
        def of_one(z, t, y):
            data = oracles.gaussian(jnp.asarray(MEANS, z.dtype)[y], STD, *SHAPE)
            return oracles.noise_prediction(data, self.sde)(z, t)

        return jax.vmap(of_one)(z, times, labels)


class Exact(Reference):
    """The reference procedure with so many probes that its trace is exact."""

    num_probes: int = DIM


EXACT = Exact(procedure="reference", rtol=1e-5, atol=1e-5)


def fast(nodes, probes):
    return Fast(procedure="fast", nodes=nodes, num_probes=probes, family="rademacher")


def model(likelihood=None):
    """With random parameters, large enough to bend the flow, at one level of 2x2 pixels, whose trace is cheap."""
    spec = tiny.spec_of(tiny.SCORE, SHAPE, net={"features": 4, "attention_sizes": []})
    variables = tiny.random_variables(spec, -0.5, 0.5)
    return score.load(spec, serialization.msgpack_serialize(variables), likelihood)


def known(likelihood=None):
    """With a perfect network."""
    bent = model(likelihood)
    return replace(bent, network=Perfect(bent.network.unet, bent.network.precision, bent.sde))


def images(count=1):
    return jnp.asarray(np.random.default_rng(1).uniform(0.3 * LEVELS, 0.7 * LEVELS, (count, *SHAPE)), jnp.float32)


def test_log_prob_is_the_known_density_in_grey_levels():
    """z = 2 x / L - 1 has mean MEANS[y] where x has L (1 + MEANS[y]) / 2, and L / 2 times its spread."""
    density, x, classes = known(fast(100, DIM)), images()[0], jnp.arange(tiny.CLASSES)
    found = jax.jit(jax.vmap(lambda y: density.log_prob(x, y, KEY).value))(classes)
    wanted = norm.logpdf(np.asarray(x, float)[..., None], LEVELS * (1 + MEANS) / 2, LEVELS * STD / 2)
    np.testing.assert_allclose(found, wanted.sum(axis=(0, 1, 2)), atol=0.03)


def test_both_procedures_are_the_change_of_variables_of_the_whole_flow():
    """log N(x(1); 0, I) + log |det dx(1)/dx|, the determinant that of the solved map; in grey levels throughout."""
    bent, y, x = model(fast(200, DIM)), jnp.asarray(1), images()[0]
    adaptive = replace(bent, likelihood=EXACT)

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


def test_batched_scores_are_the_log_probs_of_the_chosen_classes():
    density, x, keys = known(fast(5, 1)), images(2), jax.random.split(KEY, 2)
    log_prob = jax.vmap(lambda x, y, key: density.log_prob(x, y, key).value, in_axes=(None, 0, None))
    wanted = jax.jit(jax.vmap(log_prob, in_axes=(0, None, 0)))(x, jnp.arange(tiny.CLASSES), keys)
    chosen = jnp.asarray([[2, 0], [1, 2]])
    scores, _ = density.batched_scores()
    found = scores(density, x, keys, 0, chosen)
    np.testing.assert_allclose(found, jnp.take_along_axis(wanted, chosen, axis=1), rtol=1e-5, atol=1e-4)


def test_gradients_of_both_procedures_are_the_closed_form():
    """d/dx log N(x; mean, std^2): discretized first on the grid, the continuous adjoint of the reference."""
    x, keys = images(2), jax.random.split(KEY, 2)
    wanted = (LEVELS * (1 + MEANS[1]) / 2 - np.asarray(x, float)) / (LEVELS * STD / 2) ** 2
    for likelihood in (fast(100, DIM), EXACT):
        model, chosen = known(likelihood), jnp.asarray([[1, 0], [1, 2]])
        scores, _ = model.batched_scores()
        found = jax.grad(lambda x, of=(scores, model), chosen=chosen: of[0](of[1], x, keys, 0, chosen)[:, 0].sum())(x)
        np.testing.assert_allclose(found, wanted, rtol=2e-3, atol=2e-3)


def test_samples_have_the_mean_and_the_spread_of_their_class():
    draw = jax.jit(jax.vmap(lambda y, seed: known().sample(y, jax.random.key(seed), 30)))
    labels, seeds = np.repeat(np.arange(tiny.CLASSES), 500), np.arange(1500)
    samples = np.asarray(draw(labels, seeds)).reshape(tiny.CLASSES, -1)
    assert ((samples >= 0) & (samples <= LEVELS)).all()
    wanted, spread = LEVELS * (1 + MEANS) / 2, LEVELS * STD / 2
    np.testing.assert_allclose(samples.mean(axis=1), wanted, atol=4 * spread / math.sqrt(samples.shape[1]) + 0.05)
    np.testing.assert_allclose(samples.std(axis=1)[:2], spread, rtol=0.05)  # the third is clipped at white


@pytest.mark.parametrize("likelihood", [fast(5, 1), tiny.REFERENCE], ids=["fast", "reference"])
def test_models_that_differ_in_their_weights_alone_share_a_compiled_program(likelihood):
    """Weights are arguments of the program, not constants in it."""
    traces, one = [], model(likelihood)

    @jax.jit
    def log_prob(density, x):
        traces.append(1)
        return density.log_prob(x, jnp.asarray(1), KEY).value

    other = jax.tree.map(lambda leaf: 1.1 * leaf, one)
    assert log_prob(one, images()[0]) != log_prob(other, images()[0])
    assert len(traces) == 1


def test_log_prob_without_likelihood_settings_is_refused():
    with pytest.raises(ValueError, match="^log_prob needs likelihood settings: load the model with some$"):
        model().log_prob(images()[0], jnp.asarray(0), KEY)
