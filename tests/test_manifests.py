from dataclasses import replace

import numpy as np
from hand_matrices import classifier, hand

from sbgc.procedures.paper import manifests


def cells(matrix):
    header, _, row, *_ = manifests.lines([matrix])
    split = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in (header, row)]
    return dict(zip(*split, strict=True))


def test_a_matrix_of_one_process_tells_its_commit_its_seconds_and_what_an_image_cost():
    found = cells(hand(draws=2, grid=None))
    assert (found["commit"], found["seconds"], found["device"]) == ("c0ffee", "1.5", "cpu")
    assert found["model evaluations per image"] == str(59 * 3 * 2)
    assert found["likelihood"] == "procedure fast"


def test_of_a_matrix_put_together_from_shards_seconds_add_up_and_differing_facts_are_all_named():
    manifest = hand().meta["manifest"]
    found = cells(hand(manifest=[manifest, manifest | {"commit": "f00d", "seconds": 2.0}]))
    assert (found["commit"], found["seconds"], found["code"]) == ("c0ffee, f00d", "3.5", "abc")


def test_what_no_manifest_tells_is_unknown():
    found = cells(classifier([[1.0, 0.0]], labels=[0], manifest=None))
    assert (found["commit"], found["seconds"], found["device"]) == ("unknown", "unknown", "unknown")


def test_a_likelihood_is_told_with_its_settings_where_it_was_estimated_and_nowhere_else():
    fast = {"procedure": "fast", "nodes": 18, "num_probes": 1, "family": "hadamard"}
    settings = "procedure fast, nodes 18, num_probes 1, family hadamard"
    assert cells(hand(likelihood=fast, grid=None))["likelihood"] == settings
    left = "error of the grid: bias -0.0010, rms 0.0020 bits/dim; rms of a class gap 0.30 nats"
    assert cells(hand(likelihood=fast))["likelihood"] == f"{settings}, {left}"
    assert cells(hand(model="gaussian", kind="gaussian"))["likelihood"] == "none needed"
    assert cells(classifier([[1.0, 0.0]], labels=[0]))["likelihood"] == "n/a"


def test_a_classifier_is_evaluated_once_for_all_classes_of_a_draw():
    logits = replace(classifier(np.zeros((1, 3, 2)), labels=[0]), nfe=np.ones((1, 3, 2), int))
    assert cells(logits)["model evaluations per image"] == "2"


def test_versions_are_named_once():
    assert manifests.lines([hand(), hand(seed=1)])[-1] == "Packages: numpy 2.0."
