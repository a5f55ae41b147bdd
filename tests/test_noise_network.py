from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import tiny

from sbgc.nets.noise_network import NoiseNetwork
from sbgc.nets.unet import UNet

SHAPE = (2, 2, 1)
SETTINGS = {"features": 4, "multipliers": (1,), "blocks": 1, "attention_sizes": (), "dropout": 0.0}
NETWORK = NoiseNetwork.create(3, "float32", **SETTINGS)
Z = jnp.asarray(np.random.default_rng(2).uniform(-1.0, 1.0, (2, *SHAPE)), jnp.float32)
TIMES, LABELS = jnp.array([0.4, 0.3]), jnp.array([1, 2])


def test_the_net_sees_the_images_999_times_the_time_and_the_class(monkeypatch):
    seen = []
    monkeypatch.setattr(UNet, "apply", lambda net, variables, *inputs: seen.extend(inputs) or inputs[0])
    NETWORK.predict({}, Z, TIMES, LABELS)
    for found, wanted in zip(seen, (Z, 999.0 * TIMES, LABELS), strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-6)


@pytest.mark.usefixtures("strict")
def test_in_bfloat16_the_prediction_differs_in_the_third_digit_and_stays_float32():
    spec = tiny.spec_of(tiny.SCORE, SHAPE, net={"features": 4, "attention_sizes": []})
    variables, half = tiny.random_variables(spec, -0.7, 0.7), replace(NETWORK, precision="bfloat16")
    wanted, found = (jax.jit(one.predict)(variables, Z, TIMES, LABELS) for one in (NETWORK, half))
    error = float(jnp.linalg.norm(found - wanted) / jnp.linalg.norm(wanted))
    assert found.dtype == jnp.float32
    assert 1e-4 < error < 3e-2
