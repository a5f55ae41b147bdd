import numpy as np
import pytest
from hand_matrices import SETTINGS

from sbgc import artifacts
from sbgc.artifacts import ArtifactError, Split
from sbgc.maths import spectrum
from sbgc.procedures.tables.spectra import spectra_table
from sbgc.steps import tabulate_spectra

FACTS = {"dataset": "digits", "levels": 17, "split": "test"}
IMAGES = np.random.default_rng(0).integers(0, 17, (5, 8, 8, 1)).astype(np.uint8)
CLEAN = Split(IMAGES, np.zeros(5, int), np.array([7, 3, 9, 1, 4]), {}, FACTS)


def halved(rows=(2, 0, 1), severities=(1, 2)):
    """Images of half the contrast at severity 1, a quarter at 2."""
    part = CLEAN.take(np.array(rows))
    stacked = part.take(np.tile(np.arange(len(part)), len(severities)))
    factor = 0.5 ** np.repeat(severities, len(part))
    images = (stacked.images * factor[:, None, None, None]).astype(np.float32)
    facts = FACTS | {"split": "corrupt-contrast", "corruption": "contrast", "corruption_source": "CIFAR-10-C style"}
    return Split(images, stacked.labels, stacked.index, {"severity": np.repeat(severities, len(part))}, facts)


def test_power_falls_with_the_square_of_the_contrast_whichever_images_are_drawn():
    table = spectra_table(CLEAN, [halved()], SETTINGS)
    for severity, ratio in ((0, 1.0), (1, 0.25), (2, 0.0625)):
        rows = table[table.severity == severity]
        for column in ("ratio", "ratio_ci_low", "ratio_ci_high"):
            np.testing.assert_allclose(rows[column], ratio, rtol=1e-6)
    clean = table[table.corruption == "clean"]
    np.testing.assert_allclose(clean.power, spectrum.band_power(IMAGES / 16.0).mean(axis=0))
    assert set(table.num_images) == {5, 3}


def test_each_image_is_held_against_its_own_clean_one_in_any_order():
    one, other = (spectra_table(CLEAN, [halved(rows)], SETTINGS) for rows in ((2, 0, 1), (0, 1, 2)))
    np.testing.assert_allclose(one.power, other.power)


def test_an_image_without_its_clean_one_is_refused():
    with pytest.raises(ArtifactError, match=r"corrupt-contrast: image 9 is not among the clean ones"):
        spectra_table(CLEAN.take(slice(2)), [halved()], SETTINGS)


def test_the_step_writes_a_row_for_each_corruption_severity_and_frequency(tmp_path):
    artifacts.write_split(tmp_path / "clean.npz", CLEAN)
    artifacts.write_split(tmp_path / "contrast.npz", halved())
    files = [f"--clean={tmp_path}/clean.npz", "--corrupted", f"{tmp_path}/contrast.npz"]
    tabulate_spectra.main([*files, "--settings", SETTINGS.model_dump_json(), f"--out={tmp_path}/spectra.parquet"])
    assert len(artifacts.read_table(tmp_path / "spectra.parquet")) == 3 * 7
