import json
from dataclasses import asdict

import numpy as np
import pytest
from hand_matrices import SETTINGS

from sbgc.artifacts import ArtifactError
from sbgc.procedures.tables import statistics


def test_settings_are_read_as_they_were_written(tmp_path):
    path = tmp_path / "metrics.json"
    path.write_text(json.dumps(asdict(SETTINGS)))
    assert statistics.read(path) == SETTINGS


@pytest.mark.parametrize("change", [{"resamples": 5}, {"seed": None}])
def test_a_key_too_many_or_too_few_is_one_line_that_names_it(tmp_path, change):
    path = tmp_path / "metrics.json"
    settings = asdict(SETTINGS) | change
    path.write_text(json.dumps({key: value for key, value in settings.items() if value is not None}))
    with pytest.raises(ArtifactError, match=f"metrics.json.*{next(iter(change))}") as caught:
        statistics.read(path)
    assert "\n" not in str(caught.value)


def test_two_calls_resample_the_same_images():
    values = np.random.default_rng(0).normal(size=40)
    one, other = (statistics.replicates(v[:, None], SETTINGS)[:, 0] for v in (values, 2.0 * values + 1.0))
    np.testing.assert_allclose(other, 2.0 * one + 1.0)


def test_another_seed_resamples_other_images():
    values = np.arange(20.0)
    other = statistics.Statistics(**asdict(SETTINGS) | {"seed": 1})
    assert statistics.mean(values, SETTINGS) != statistics.mean(values, other)


def test_a_mean_lies_within_its_interval_and_a_constant_has_a_point():
    value, low, high = statistics.mean(np.arange(50.0), SETTINGS)
    assert low < value == 24.5 < high
    assert statistics.mean(np.full(9, 2.0), SETTINGS) == (2.0, 2.0, 2.0)


def test_a_proportion_of_none_has_an_interval_that_is_not_a_point():
    value, low, high = statistics.proportion(np.zeros(16), SETTINGS)
    assert (value, low) == (0.0, 0.0)
    assert 0.15 < high < 0.25
