"""Which attacked images are shown, of splits and matrices that are made by hand."""

import numpy as np
import pytest
from hand_matrices import attacked as columns_of
from hand_matrices import classifier, matrix, together

from sbgc import artifacts
from sbgc.artifacts import ArtifactError, Split
from sbgc.procedures.attacks.pictured import pictured
from sbgc.steps import pick_attacked_images

INDEX = np.array([5, 6, 7])
META = {"dataset": "digits", "levels": 17, "class_names": ["cat", "dog"], "split": "attacks", "attack": {}}
# Of each attack and bound: the size in l_inf and in l_2, and the margin of the wrong class, of each of three images.
# The first is misled, by the second attack with the least; the second is wrong before; the third withstands all.
ATTACKS = {
    ("clean", "none", 0.0): ((0, 0, 0), (0, 0, 0), (-4, 2, -6)),
    ("pgd_linf", "linf", 0.125): ((0.125, 0.1, 0.125), (0.9, 0.8, 0.9), (-1, 3, -3)),
    ("pgd_linf", "linf", 0.25): ((0.2, 0.1, 0.25), (1.0, 0.8, 1.5), (5, 3, -1)),
    ("fmn_l2", "l2", None): ((0.15, 0.1, 0.7), (1.1, 0.3, 0.6), (1, 1, -0.5)),
}
PLACES = {key: 10 * number for number, key in enumerate(ATTACKS)}  # the grey level of an attack's images


def columns(name, norm, epsilon, target):
    linf, l2, _ = ATTACKS[name, norm, epsilon]
    bounds = [np.nan if epsilon is None else epsilon] * 3
    return columns_of(norm, bounds, target, name) | {"norm_linf": np.array(linf), "norm_l2": np.array(l2)}


def judged(make=matrix, **facts):
    """Class 0 is right, and has log p = -margin more than class 1, which has -10 nats."""
    model = facts.get("model", "score")
    parts = []
    for key, (*_, margins) in ATTACKS.items():
        scores = np.stack([-10.0 - np.array(margins), np.full(3, -10.0)], axis=1)
        parts.append(make(scores, labels=[0] * 3, index=INDEX, columns=columns(*key, f"{model}-seed0"), **facts))
    return together(*parts)


def splits(model="score"):
    """The images of an attack have its grey level, and one more for each image."""
    found = {}
    for key, level in PLACES.items():
        images = np.full((3, 4, 4, 1), level, np.float32) + np.arange(3, dtype=np.float32)[:, None, None, None]
        known = {name: np.asarray(one) for name, one in columns(*key, f"{model}-seed0").items()}
        found.setdefault(key[0], []).append(Split(images, np.zeros(3, int), INDEX, known, META))
    return [joined(parts) for parts in found.values()]


def joined(parts):
    arrays = (np.concatenate([getattr(one, name) for one in parts]) for name in ("images", "labels", "index"))
    known = {name: np.concatenate([one.columns[name] for one in parts]) for name in parts[0].columns}
    return Split(*arrays, known, META)


def shown(split, *names):
    return [tuple(one) for one in zip(*(split.columns[name].tolist() for name in names), strict=True)]


def test_what_misleads_by_the_least_size_in_a_norm_is_shown_whichever_attack_found_it():
    """In l_2 the attack within a bound of l_inf has found less than the one that looked for the least in l_2."""
    found = pictured([judged()], splits(), [0])
    assert shown(found, "norm", "attack", "size", "misled") == [
        ("none", "clean", 0.0, False),
        ("linf", "fmn_l2", 0.15, True),
        ("l2", "pgd_linf", 1.0, True),
    ]
    assert found.images[:, 0, 0, 0].tolist() == [0, 30, 20]
    assert found.columns["predicted"].tolist() == [0, 1, 1]
    assert set(found.index) == {5}


def test_an_image_that_is_wrong_before_any_attack_is_shown_as_it_is():
    found = pictured([judged()], splits(), [1])
    assert shown(found, "norm", "attack", "size", "misled") == [
        ("none", "clean", 0.0, True),
        ("linf", "clean", 0.0, True),
        ("l2", "clean", 0.0, True),
    ]
    assert found.images[:, 0, 0, 0].tolist() == [1, 1, 1]


def test_of_an_image_that_withstands_the_attack_of_the_norm_that_comes_nearest_is_shown():
    """The attack in l_2 comes nearer than that in l_inf, but is none in l_inf."""
    found = pictured([judged()], splits(), [2])
    assert shown(found, "norm", "attack", "size", "misled")[1:] == [
        ("linf", "pgd_linf", 0.25, False),
        ("l2", "fmn_l2", 0.6, False),
    ]
    assert found.images[:, 0, 0, 0].tolist() == [2, 22, 32]


def test_each_model_has_its_own_images_and_a_classifier_no_bits_per_dim():
    """log p(x) = log((exp(-10 - margin) + exp(-10)) / 2), on two dimensions."""
    other = judged(classifier, model="wide_resnet", kind="wide_resnet")
    found = pictured([judged(), other], [*splits(), *splits("wide_resnet")], [0, 2])
    assert found.columns["model"].tolist() == ["score"] * 6 + ["wide_resnet"] * 6
    assert found.index.tolist() == [5, 5, 5, 7, 7, 7] * 2
    wanted = [-np.log2(np.exp(-10.0) * (np.exp(-margin) + 1.0) / 2.0) / 2.0 for margin in (-4, 1, 5)]
    assert found.columns["bits_per_dim"][:3] == pytest.approx(wanted)
    assert np.isnan(found.columns["bits_per_dim"][6:]).all()
    assert (found.meta["class_names"], found.meta["draws"], found.meta["seed"]) == (["cat", "dog"], 1, 0)


def test_splits_that_are_not_those_of_the_matrices_are_refused_in_one_line():
    clean, within, least = splits()
    with pytest.raises(ArtifactError, match="^the attack fmn_l2 on score-seed0: there is no split of it$"):
        pictured([judged()], [clean, within], [0])
    with pytest.raises(ArtifactError, match="pgd_linf on score-seed0, epsilon 0.25: holds image 7 0 times$"):
        pictured([judged()], [clean, within.take(slice(3)), least], [2])


def test_the_step_writes_what_is_picked_from_its_files(tmp_path):
    artifacts.write_matrix(tmp_path / "judged.npz", judged())
    for split in splits():
        artifacts.write_split(tmp_path / f"{split.columns['attack'][0]}.npz", split)
    files = [f"{tmp_path}/{name}.npz" for name in ("clean", "pgd_linf", "fmn_l2")]
    given = ["--splits", *files, "--matrices", f"{tmp_path}/judged.npz", "--pictures", "2", "0"]
    pick_attacked_images.main([*given, "--out", f"{tmp_path}/out.npz"])
    found, wanted = artifacts.read_split(tmp_path / "out.npz"), pictured([judged()], splits(), [2, 0])
    np.testing.assert_array_equal(found.images, wanted.images)
    assert found.index.tolist() == [7, 7, 7, 5, 5, 5]
    assert shown(found, "norm", "attack", "size") == shown(wanted, "norm", "attack", "size")
