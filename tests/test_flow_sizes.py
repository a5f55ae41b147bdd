"""The networks of `cifar10_flows` by their counts, without making or compiling one."""

import jax
import jax.numpy as jnp
import pytest
from configurations import loaded

from sbgc import fitting, operations
from sbgc.config.spec import Spec, facts_of


def of_glow():
    """4 levels of 16 steps with 256 features, of 2 c channels.

    The network of a coupling has 9 c 256 + 256, 256^2 + 256 and 9 256 2 c + 2 c, and actnorm has 4 c. The 1x1
    convolution has two matrices of (2 c)^2, of which a triangle each is free, and 2 c scales.
    """
    steps = [27 * 256 * c + 2 * 256 + 256**2 + 2 * c + 4 * c + 8 * c**2 + 2 * c for c in (3, 6, 12, 24)]
    exits = [9 * c * 2 * c + 2 * c for c in (3, 6, 12)]
    prior = 2 * 10 * 4 * 4 * 48
    return 16 * sum(steps) + sum(exits) + prior


@pytest.mark.parametrize(
    ("model", "parameters", "gigaflop"),
    [("base", of_glow(), 4.18), ("split", 9_705_824, 4.19), ("pixelcnn", 55_154_970, 47.7)],
)
def test_parameters_and_operations_of_the_papers_sizes(model, parameters, gigaflop):
    spec = Spec.model_validate(facts_of("cifar10_flows", loaded({}).experiments["cifar10_flows"], model))
    trainer = fitting.page(spec.settings.kind).trainer(spec)
    images, labels = jax.ShapeDtypeStruct((2, 32, 32, 3), jnp.float32), jax.ShapeDtypeStruct((2,), jnp.int32)
    key = jax.eval_shape(lambda: jax.random.key(0))
    variables = jax.eval_shape(trainer.init, key, images, labels)
    assert sum(leaf.size for leaf in jax.tree.leaves(variables["params"])) == parameters
    loss = jax.jit(lambda *arguments: trainer.loss(*arguments)[0])
    assert operations.count(loss, variables, images, labels, key) / 2e9 == pytest.approx(gigaflop, rel=0.01)
