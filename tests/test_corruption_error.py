"""mCE of made-up errors against the definition, summed by hand."""

import math

import numpy as np
import pytest
from hand_matrices import SETTINGS

from sbgc.artifacts import ArtifactError
from sbgc.procedures.tables.corruption_error import Errors, against

INDEX = np.arange(4)


def errors(clean, index=INDEX, **corrupted):
    return Errors(index, np.array(clean, float), {name: np.array(values, float) for name, values in corrupted.items()})


MODEL = errors([0, 0, 0, 1], fog=[0.5, 0.5, 1, 1], frost=[0, 0, 0, 1], spatter=[1, 1, 1, 1])
BASELINE = errors([0, 0, 1, 1], fog=[1, 1, 1, 1], frost=[1, 0, 1, 1], spatter=[0, 0, 0, 1])


def test_corruption_errors_are_ratios_of_sums_over_severities():
    found = against(MODEL, BASELINE, SETTINGS)
    assert found["mce_percent"] == pytest.approx(100 * (3 / 4 + 1 / 3) / 2)
    assert found["relative_mce_percent"] == pytest.approx(100 * ((3 - 1) / (4 - 2) + (1 - 1) / (3 - 2)) / 2)
    assert (found["mce_corruptions"], found["relative_mce_corruptions"]) == (2, 2)


def test_the_baseline_has_100_against_itself_whichever_images_are_drawn():
    found = against(BASELINE, BASELINE, SETTINGS)
    for name in ("mce_percent", "mce_ci_low_percent", "mce_ci_high_percent", "relative_mce_percent"):
        assert found[name] == pytest.approx(100.0)


def test_the_interval_holds_the_value_and_is_none_where_all_images_agree():
    found = against(MODEL, BASELINE, SETTINGS)
    assert found["mce_ci_low_percent"] < found["mce_percent"] < found["mce_ci_high_percent"]
    alike = against(errors([0] * 4, fog=[1] * 4), errors([0] * 4, fog=[0.5] * 4), SETTINGS)
    assert [alike[f"mce_{end}percent"] for end in ("ci_low_", "", "ci_high_")] == pytest.approx([200.0] * 3)


def test_a_corruption_at_which_the_baseline_never_errs_has_no_ratio():
    baseline = errors([0, 0, 0, 0], fog=[0, 0, 0, 0], frost=[0.5, 0.5, 0.5, 0.5])
    found = against(MODEL, baseline, SETTINGS)
    assert found["mce_percent"] == pytest.approx(50.0)
    assert found["mce_corruptions"] == 1
    nowhere = against(MODEL, errors([0] * 4, fog=[0] * 4, frost=[0] * 4), SETTINGS)
    assert math.isnan(nowhere["mce_percent"])
    assert math.isnan(nowhere["mce_ci_low_percent"])


def test_without_a_baseline_there_is_no_ratio():
    assert math.isnan(against(MODEL, None, SETTINGS)["relative_mce_percent"])


@pytest.mark.parametrize(
    "other",
    [
        errors([0] * 4, index=INDEX + 1, fog=[1] * 4, frost=[1] * 4),
        errors([0] * 4, fog=[1] * 4),
    ],
)
def test_a_baseline_of_other_images_or_corruptions_is_refused(other):
    with pytest.raises(ArtifactError, match="mCE: the baseline was not measured on the model's images and corruptions"):
        against(MODEL, other, SETTINGS)
