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
import tiny
from sbgc import devices
from sbgc.fitting import score
from sbgc.procedures.scoring import bayes
from sbgc.procedures.training import segments

spec, split, rows = tiny.spec_of(tiny.SCORE, training={"accumulation": int(sys.argv[1])}), tiny.split(20), []
trainer = score.trainer(spec)
state = segments.initial_state(trainer, spec, split, 0)
segments.run(trainer, spec, split, 0, state, 40, lambda *row: rows.append(row))
found = {"devices": devices.count(), "losses": [row[1] for row in rows], "scores": []}
if sys.argv[1] == "1":  # scores know of no parts of a batch
    scores, _ = bayes.log_prob_matrix(tiny.score_model(tiny.FAST), tiny.split(5, draws=1), 0, batch_size=3)
    found["scores"] = scores.tolist()
print(json.dumps(found))
"""


def process(devices, accumulation):
    flags = f"{os.environ.get('XLA_FLAGS', '')} --xla_force_host_platform_device_count={devices}"
    path = os.pathsep.join(str(folder) for folder in (Path(__file__).parent, Path(sbgc.__file__).parents[1]))
    environment = os.environ | {"XLA_FLAGS": flags, "PYTHONPATH": path}
    command = [sys.executable, "-c", PROGRAM, str(accumulation)]
    return subprocess.run(command, capture_output=True, text=True, env=environment)


def run(devices, accumulation):
    ran = process(devices, accumulation)
    assert ran.returncode == 0, ran.stderr[-2000:]
    found = json.loads(ran.stdout)
    assert found.pop("devices") == devices
    return found


@pytest.mark.parametrize("accumulation", [1, 2])
def test_four_devices_train_and_evaluate_as_one_does(accumulation):
    """40 steps of the same batches: losses agree to 1e-5 relative; log p to the rounding of another batch size."""
    one, four = (run(devices, accumulation) for devices in (1, 4))
    assert len(one["losses"]) == 40
    np.testing.assert_allclose(four["losses"], one["losses"], rtol=1e-5)
    np.testing.assert_allclose(four["scores"], one["scores"], rtol=0.0, atol=1e-4)


def test_a_batch_that_the_devices_do_not_divide_is_refused_in_one_line():
    line = "training.batch_size / accumulation = 8: must be a multiple of the 3 devices"
    assert line in process(3, 1).stderr
