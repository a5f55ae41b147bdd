"""The experiment imagenet_ibinn: as it is planned, and its whole workflow on a made-up folder of ImageNet's layout."""

import re

import ilsvrc_folder
import numpy as np
import pandas as pd
import pytest
from configurations import loaded
from PIL import Image
from trees import ROOT, copy, jobs, rules, snakemake

from sbgc import artifacts, contents
from sbgc.artifacts.listings import read_listing
from sbgc.config.file import read

OURS = ROOT / "tests" / "tiny_imagenet.yaml"
TRAIN, VAL = 8, 20  # pictures of each class, and in all


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    return copy(tmp_path_factory.mktemp("clone"))


@pytest.fixture(scope="module")
def said(clone):
    """What a dry run of the experiment says."""
    ran = snakemake(clone, "--dry-run", "--config", "experiment=imagenet_ibinn")
    assert ran.returncode == 0, ran.stdout[-3000:]
    return ran.stdout


def test_it_is_planned_with_a_thousand_classes_and_without_a_picture(said):
    planned = jobs(said)
    stored = [wildcards for rule, wildcards in planned if rule == "stored_pictures"]
    assert sum(one["split"] == "train" for one in stored) == 256
    assert sum(one["split"] == "test" for one in stored) == 10  # 50,000 of 256 x 256 x 3 bytes, a gigabyte each
    assert {"listed_pictures", "stored_split", "bottleneck_comparison", "outlier_comparison", "heatmaps"} <= rules(
        planned
    )
    assert not {"dataset", "own_dataset", "splits"} & rules(planned)  # nothing is downloaded


LEAST = {  # megabytes that a job holds, counted by hand from 1,000 classes and images of 224 x 224 x 3 bytes
    "matrix": 2 * 1600,  # 50,000 images, two draws, a score and its nfe, in parts and together
    "metrics_tables": 8600,  # measured
    "corruptions_table": 9 * 1600 + 8 * 1200,  # nine models by 50,000 images, and eight by 75,000 of one draw
    "corrupted_split": 2 * 750,
    "matrix_shard": 750 + 1000,  # a split of corrupted images, and the draws of a shard
    "explanations": 3 * 1200,  # a thousand centers of 150,528 numbers
}


def test_jobs_ask_for_the_memory_that_a_thousand_classes_take(said):
    asked: dict[str, int] = {}
    for rule, memory in re.findall(r"^rule (\w+):\n(?:    .*\n)*?    resources: .*?mem_mb=(\d+)", said, re.MULTILINE):
        asked[rule] = max(asked.get(rule, 0), int(memory))
    assert {rule: asked[rule] for rule, least in LEAST.items() if asked[rule] < least} == {}


def test_without_a_folder_the_first_job_says_what_is_missing(clone):
    listing = "results/imagenet_ibinn/pictures/train.npz"
    ran = snakemake(clone, "--cores", "1", "--config", "experiment=imagenet_ibinn", "--", listing)
    assert ran.returncode != 0
    assert (
        "list_pictures: downloads.ilsvrc is null, expected the folder with train, val and the class index" in ran.stdout
    )
    assert not list((clone / "results").rglob("*.npz"))


def test_the_tiny_networks_are_as_deep_as_those_of_the_paper():
    tiny, whole = loaded(read(OURS)).experiments["tiny_imagenet"], loaded({}).experiments["imagenet_ibinn"]
    assert tiny.models["beta_1"].net.blocks == whole.models["beta_1"].net.blocks == (1, 3, 4, 6, 3)
    assert tiny.models["resnet"].blocks == whole.models["resnet"].blocks == (3, 4, 6, 3)


@pytest.fixture(scope="module")
def made(clone, tmp_path_factory):
    """The folder of pictures, the experiment's results, and how to run it again."""
    folder = ilsvrc_folder.make(tmp_path_factory.mktemp("ilsvrc") / "a folder", train=TRAIN, val=VAL)
    run = ("--configfile", str(OURS), "--config", f"downloads={{ilsvrc: {folder}}}")
    ran = snakemake(clone, "--cores", "2", "--show-failed-logs", *run)
    assert ran.returncode == 0, ran.stdout[-5000:]
    return folder, clone / "results" / "tiny_imagenet", run


def test_every_figure_and_table_is_made_and_nothing_is_left_to_do(clone, made):
    _, results, run = made
    tiny = loaded(read(OURS)).experiments["tiny_imagenet"]
    assert {"heatmaps", "decision_space", "class_similarity", "roc_curves", "beta_tradeoff"} <= set(
        contents.figures(tiny)
    )
    for name in contents.figures(tiny):
        assert (results / "figures" / f"{name}.pdf").stat().st_size > 1000
    for name in contents.pages(tiny):
        assert (results / "tables" / f"{name}.md").read_text().count("\n") > 4
    assert "Nothing to be done" in snakemake(clone, "--dry-run", *run).stdout
    again = rules(
        jobs(snakemake(clone, "--dry-run", "--forcerun", "listed_pictures", *run).stdout)
    )  # as docs/data.md says
    assert {"listed_pictures", "stored_pictures", "stored_split", "train_state"} <= again


def test_images_are_the_middle_of_their_pictures_with_surroundings(made):
    folder, results, _ = made
    listing, split = (
        read_listing(results / "pictures" / "train.npz"),
        artifacts.read_split(results / "splits" / "train.npz"),
    )
    assert split.images.shape == (len(ilsvrc_folder.WORDNET) * TRAIN - 5, 32, 32, 3)
    row = next(row for row, name in enumerate(listing.files) if name.endswith("_3.JPEG"))
    with Image.open(folder / listing.files[row]) as picture:
        side = min(picture.size)
        left, top = ((size - side) // 2 for size in picture.size)
        middle = picture.crop((left, top, left + side, top + side)).resize((40, 40), Image.Resampling.LANCZOS)
    np.testing.assert_array_equal(split.images[row], np.asarray(middle)[4:-4, 4:-4])
    np.testing.assert_array_equal(
        split.labels, [ilsvrc_folder.WORDNET.index(name.split("/")[1]) for name in listing.files]
    )


def test_the_test_split_is_scored_on_images_and_on_crops_of_their_surroundings(made):
    _, results, _ = made
    metrics = pd.read_parquet(results / "tables" / "metrics.parquet")
    accuracy = metrics[metrics.metric == "accuracy"].set_index(["model", "evaluation"])
    assert accuracy.num_images[("beta_1", "test")] == VAL
    assert accuracy.num_images[("beta_1", "ten_crops")] == 10
    matrix = artifacts.read_matrix(next((results / "beta_1" / "seed0" / "scores" / "ten_crops").rglob("*.npz")))
    assert (matrix.nfe == 10).all()
    assert np.allclose(np.exp(matrix.scores).sum(axis=1), 1.0, atol=1e-4)
