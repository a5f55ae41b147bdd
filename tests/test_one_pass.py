from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np

from sbgc.one_pass import OnePass, counted
from sbgc.types import AllClasses, Classifier, ConditionalDensity


class Sums(OnePass):
    """log p(x|y) = -y sum x - draw."""

    net = SimpleNamespace(num_classes=3)

    def class_log_probs(self, x, key, draw=0):
        return counted(-jnp.arange(3.0) * x.sum() - draw)


def test_one_class_and_the_logits_follow_from_all_classes_at_the_cost_of_one_pass():
    model, x, key = Sums(), jnp.ones((2, 2, 1)), jax.random.key(0)
    assert isinstance(model, AllClasses)
    assert isinstance(model, ConditionalDensity)
    assert isinstance(model, Classifier)
    found = model.log_prob(x, jnp.asarray(2), key, 5)
    assert (float(found.value), int(found.nfe)) == (-13.0, 1)
    np.testing.assert_array_equal(model.logits(x, key), [0.0, -4.0, -8.0])
    np.testing.assert_array_equal(model.class_log_probs(x, key).nfe, [1, 0, 0])
