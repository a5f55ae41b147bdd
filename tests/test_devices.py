"""Four simulated devices against one: they can only be asked for before JAX starts, hence processes of their own."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import sbgc

PROGRAM = """
import json, sys
import jax
import tiny
from sbgc import devices
from sbgc.fitting import score
from sbgc.procedures.scoring import bayes
from sbgc.procedures.training import from_spec, segments, train_states

split, found = tiny.split(20), {"devices": devices.count()}
plain = tiny.spec_of(tiny.SCORE)
start = jax.device_get(segments.initial_state(score.trainer(plain), from_spec.settings(plain), split, 0))
for parts in (1, 2):
    spec, rows = tiny.spec_of(tiny.SCORE, training={"accumulation": parts}), []
    trainer = score.trainer(spec)
    segments.run(trainer, from_spec.settings(spec), split, 0, start, 40, lambda *row: rows.append(row))
    found[f"losses of {parts}"] = [row[1] for row in rows]
scores, _ = bayes.log_prob_matrix(tiny.score_model(tiny.FAST), tiny.split(5, draws=1), 0, batch_size=3)
print(json.dumps(found | {"scores": scores.tolist()}))
"""


def process(devices):
    flags = f"{os.environ.get('XLA_FLAGS', '')} --xla_force_host_platform_device_count={devices}"
    path = os.pathsep.join(str(folder) for folder in (Path(__file__).parent, Path(sbgc.__file__).parents[1]))
    environment = os.environ | {"XLA_FLAGS": flags, "PYTHONPATH": path}
    return subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, env=environment)


@pytest.fixture(scope="module")
def one_and_four():
    """What a process of one device finds, and what one of four does."""
    found = []
    for devices in (1, 4):
        ran = process(devices)
        assert ran.returncode == 0, ran.stderr[-2000:]
        found.append(json.loads(ran.stdout))
        assert found[-1]["devices"] == devices
    return found


@pytest.mark.parametrize("parts", [1, 2])
def test_four_devices_train_as_one_does(parts, one_and_four):
    """40 steps of the same batches, each taken in that many parts: losses agree to 1e-5 relative."""
    one, four = (found[f"losses of {parts}"] for found in one_and_four)
    assert len(one) == 40
    np.testing.assert_allclose(four, one, rtol=1e-5)


def test_four_devices_evaluate_as_one_does(one_and_four):
    """To the rounding of another batch size."""
    one, four = (found["scores"] for found in one_and_four)
    np.testing.assert_allclose(four, one, rtol=0.0, atol=1e-4)


def test_a_batch_that_the_devices_do_not_divide_is_refused_in_one_line():
    line = "training.batch_size / accumulation = 8: must be a multiple of the 3 devices"
    assert line in process(3).stderr
