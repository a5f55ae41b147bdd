"""`snakemake --profile slurm` on a real Slurm cluster (tests/slurm/cluster.py), and what it survives.

The committed profile as it is, but for sizes and the names of partitions.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from test_workflow import ROOT, copy, snakemake

from slurm import cluster

RUN = "results/tiny/score/seed0"
TABLES = (
    *(f"{RUN}/{table}/test.parquet" for table in ("metrics", "confusion", "reliability")),
    *(f"{RUN}/train/{segment}-of-2.losses.parquet" for segment in (0, 1)),
)
ON_GPUS = ("train_segment", "log_prob_shard", "race_shard", "logits_shard", "attack", "sample")
SIZES = {"slurm_partition": "pretend", "mem_mb": 1500, "runtime": 10}
COMMAND = (
    *("--profile", "slurm", "--configfile", "tiny.yaml", "--config", "experiment=tiny"),
    *("--default-resources", "slurm_partition=pretend", "mem_mb=600", "runtime=10"),
    *("--set-resources", *(f"{rule}:{name}={value}" for rule in ON_GPUS for name, value in SIZES.items())),
    *("--seconds-between-status-checks", "1", "--slurm-init-seconds-before-status-checks", "1", "--latency-wait", "20"),
)
SECONDS = 480


@pytest.fixture(scope="module")
def slurm(tmp_path_factory):
    if os.geteuid() or not shutil.which("apt-get"):
        pytest.skip("installs and starts a Slurm cluster, which takes Debian and root")
    folder = tmp_path_factory.mktemp("cluster") / "slurm"
    try:
        cluster.up(folder)
        yield
    finally:
        cluster.down(folder)


def start(tree, *arguments):
    log = (tree / "snakemake.log").open("a")
    environment = os.environ | {"PYTHONPATH": str(tree / "src")}
    command = [sys.executable, "-m", "snakemake", *COMMAND, *arguments, "--", TABLES[0]]
    return subprocess.Popen(command, cwd=tree, env=environment, stdout=log, stderr=subprocess.STDOUT)


def finish(tree, process):
    """Wait for the end of the run, and give the bytes of its tables."""
    code = process.wait(timeout=SECONDS)
    assert code == 0, (tree / "snakemake.log").read_text()[-6000:]
    return {path: (tree / path).read_bytes() for path in TABLES}


def in_the_middle_of_a_segment(tree, process):
    """The number and the node of a tree's training job that is a few seconds old."""
    asked = ["squeue", "-h", "-t", "RUNNING", "-o", "%i|%k|%N|%Z"]
    stop = time.monotonic() + SECONDS
    while time.monotonic() < stop and process.poll() is None:
        listed = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.splitlines()
        for number, rule, node, folder in (line.split("|") for line in listed):
            if "train_segment" in rule and Path(folder) == tree:
                time.sleep(3.0)
                return number, node
        time.sleep(0.2)
    raise AssertionError((tree / "snakemake.log").read_text()[-6000:])


@pytest.fixture(scope="module")
def undisturbed(slurm, tmp_path_factory):
    tree = copy(tmp_path_factory.mktemp("undisturbed"))
    return tree, finish(tree, start(tree))


def with_the_first_segment_trained(undisturbed, destination):
    """What a run leaves that is stopped after the first of two segments."""
    tree = shutil.copytree(undisturbed[0], destination)
    for path in ("train/1-of-2.*", "params.msgpack", "log_prob", "metrics", "confusion", "reliability"):
        for found in (tree / RUN).glob(path):
            shutil.rmtree(found) if found.is_dir() else found.unlink()
    return tree


def test_jobs_that_need_a_gpu_are_given_one_and_no_other_is():
    """Of the committed profile, as Slurm is asked."""
    command = [sys.executable, "-m", "snakemake", "--profile", "slurm", "--dry-run"]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert ran.returncode == 0, ran.stdout[-3000:]
    blocks = [block.split("\n\n")[0] for block in ran.stdout.split("\nrule ")[1:]]
    on_gpus = {block.split(":")[0] for block in blocks if " gpu=1" in block}
    assert on_gpus == set(ON_GPUS)
    for block in blocks:
        partition = "gpu" if block.split(":")[0] in ON_GPUS else "cpu"
        assert f"slurm_partition={partition}" in block
        assert "runtime=" in block


def test_the_cluster_makes_what_one_machine_makes(undisturbed, tmp_path):
    """Byte for byte."""
    tree = copy(tmp_path)
    ran = snakemake(tree, "--cores", "2", "--configfile", "tiny.yaml", "--", TABLES[0], seconds=SECONDS)
    assert ran.returncode == 0, ran.stdout[-3000:]
    assert {path: (tree / path).read_bytes() for path in TABLES} == undisturbed[1]


def test_logs_are_where_a_person_finds_them(undisturbed):
    tree, _ = undisturbed
    assert "train score seed 0" in (tree / "results/tiny/logs/score/seed0/train/0-of-2.log").read_text()


def test_jobs_that_are_cancelled_or_requeued_and_a_killed_snakemake_change_nothing(undisturbed, tmp_path):
    """Each in a tree of its own, in the middle of a segment; the runs then go on side by side."""
    trees = [with_the_first_segment_trained(undisturbed, tmp_path / name) for name in ("cancel", "requeue", "kill")]
    runs = []
    for tree, command in zip(trees, (["scancel"], ["scontrol", "requeue"], None), strict=True):
        process = start(tree)
        number, _ = in_the_middle_of_a_segment(tree, process)
        if command:
            subprocess.run([*command, number], check=True)
        else:
            process.send_signal(signal.SIGKILL)
            process.wait(timeout=30)
            assert start(tree, "--unlock").wait(timeout=60) == 0
            process = start(tree)
        runs.append(process)
    for tree, process in zip(trees, runs, strict=True):
        assert finish(tree, process) == undisturbed[1]
    assert "CANCELLED" in (trees[0] / "snakemake.log").read_text()


def test_a_node_that_is_lost_costs_a_segment_and_changes_nothing(undisturbed, tmp_path):
    tree = with_the_first_segment_trained(undisturbed, tmp_path / "tree")
    process = start(tree)
    _, node = in_the_middle_of_a_segment(tree, process)
    cluster.lose_node(node)
    try:
        assert finish(tree, process) == undisturbed[1]
    finally:
        cluster.start_node(node)
