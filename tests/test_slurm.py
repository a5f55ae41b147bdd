"""`snakemake --profile slurm` on a real Slurm cluster (tests/slurm/cluster.py), and what it survives.

The committed profile as it is, but for sizes, the names of partitions and how often Snakemake asks for news. Every run
on the cluster is compared with one machine's. They all go on at the same time, each in a tree of its own.
"""

import os
import shutil
import sys
import time
from pathlib import Path

import pytest
import yaml
from trees import COMPILED, ROOT, copy, snakemake

from slurm import cluster, installation, namespaces

RUN = "results/tiny/score/seed0"
LAST_SEGMENT = "train/1-of-2"
TRAINED = tuple(f"{RUN}/{LAST_SEGMENT}.{kind}" for kind in ("losses.parquet", "msgpack"))
SCORED = ("results/tiny/tables/crosscheck.parquet",)  # of scores by two procedures
LOG = ("results/tiny/logs/score/seed0/train/0-of-2.log", "train score seed 0")  # and what it says

PROFILE = yaml.safe_load((ROOT / "slurm" / "config.yaml").read_text(encoding="utf-8"))
ON_GPUS = {rule for rule, resources in PROFILE["set-resources"].items() if "gpu" in resources}
OPTIONS = (
    *("--profile", "slurm", "--configfile", "tiny.yaml", "--config", "experiment=tiny"),
    *("--seconds-between-status-checks", "1", "--slurm-init-seconds-before-status-checks", "1"),
)
DISTURBANCES = ("cancelled", "requeued", "orphaned", "lost")
SECONDS = 900  # a limit for what never ends; everything here takes far less, on a slow machine as well


@pytest.fixture(scope="module")
def slurm(tmp_path_factory):
    if why := installation.obstacle():
        pytest.skip(f"starts a Slurm cluster. {why}")
    with cluster.running(tmp_path_factory.mktemp("cluster") / "slurm") as started:
        yield started


@pytest.fixture(scope="module")
def one_machine(tmp_path_factory):
    """The tree of a run on one machine; no cluster and no disturbance."""
    tree = copy(tmp_path_factory.mktemp("one_machine"))
    ran = snakemake(tree, "--cores", "1", "--configfile", "tiny.yaml", "--", SCORED[0])
    assert ran.returncode == 0, ran.stdout[-3000:]
    return tree


@pytest.fixture(scope="module")
def whole(slurm, one_machine, tmp_path_factory):
    """A run on the cluster from nothing to scores, which nobody disturbs: its tree and its Snakemake.

    After `one_machine`, which compiled its programs.
    """
    tree = copy(tmp_path_factory.mktemp("whole"))
    return tree, start(slurm, tree, "--", SCORED[0])


@pytest.fixture(scope="module")
def disturbed(slurm, one_machine, whole, tmp_path_factory):
    """Runs of the last segment whose job is disturbed when it has written some of its outputs: trees and Snakemakes."""
    folder = tmp_path_factory.mktemp("disturbed")
    trees = {name: with_all_but_the_last_segment(one_machine, folder / name) for name in DISTURBANCES}
    runs = {name: train(slurm, name, tree) for name, tree in trees.items()}
    waiting = set(DISTURBANCES)
    while waiting:  # for a job may wait for the CPUs of one that is at its gate
        name = await_an_arrival(trees, runs, waiting)
        job, node = running_job(slurm, trees[name])
        runs[name] = disturb(slurm, name, trees[name], runs[name], job, node)
        waiting.remove(name)
    return {name: (trees[name], runs[name]) for name in DISTURBANCES}


def with_all_but_the_last_segment(finished, destination):
    tree = shutil.copytree(finished, destination)
    for path in tree.glob(f"{RUN}/{LAST_SEGMENT}*"):
        path.unlink()
    return tree


def start(slurm, tree, *arguments, partition="steady", **variables):
    """Snakemake on the cluster, with small sizes for the rules that the profile gives other ones."""
    sizes = (f"slurm_partition={partition}", "mem_mb=1500", "runtime=60")
    rules = [f"{rule}:{size}" for rule in sorted(ON_GPUS) for size in sizes]
    command = [sys.executable, str(ROOT / "tests" / "slurm" / "impatient.py"), *OPTIONS]
    command += ["--default-resources", *sizes, "--set-resources", *rules, *arguments]
    path = os.pathsep.join([str(tree / "src"), str(ROOT / "tests" / "slurm" / "gate")])
    variables |= COMPILED | {"PYTHONPATH": path}
    return slurm.start(*command, folder=tree, log=tree / "snakemake.log", **variables)


def train(slurm, name, tree):
    partition = "frail" if name == "lost" else "steady"
    return start(slurm, tree, "--", TRAINED[0], partition=partition, GATE=TRAINED[1])


def await_an_arrival(trees, runs, names):
    """Which of these runs has a job that waits at its gate."""
    stop = time.monotonic() + SECONDS
    while not (arrived := [name for name in names if arrivals(trees[name])]):
        ended = [name for name in names if runs[name].poll() is not None]
        assert not ended, said(trees[ended[0]])
        assert time.monotonic() < stop, said(trees[min(names)])
        time.sleep(0.2)
    return arrived[0]


def running_job(slurm, tree):
    """The number and the node of the one job of a tree."""
    listed = [line.split("|") for line in slurm.run("squeue", "-h", "-t", "RUNNING", "-o", "%i|%N|%Z").splitlines()]
    (found,) = [(job, node) for job, node, folder in listed if Path(folder) == tree]
    return found


def arrivals(tree):
    """How many jobs of a tree have come to its gate."""
    path = tree / "arrivals"
    return len(path.read_text(encoding="utf-8").splitlines()) if path.exists() else 0


def disturb(slurm, name, tree, process, job, node):
    """Do to a run what its name says. Its Snakemake, which is another one where the first was killed."""
    if name == "cancelled":
        slurm.run("scancel", job)
    elif name == "requeued":
        slurm.run("scontrol", "requeue", job)
    elif name == "lost":
        slurm.lose_node(node)
    else:
        namespaces.end(process)
        (tree / "open").touch()
        await_completion(slurm, tree, job)
        finish(tree, start(slurm, tree, "--unlock"))
        return train(slurm, name, tree)
    return process


def await_completion(slurm, tree, job):
    stop = time.monotonic() + SECONDS
    while "JobState=COMPLETED" not in slurm.run("scontrol", "show", "job", job):
        assert time.monotonic() < stop, said(tree)
        time.sleep(0.5)


def finish(tree, process):
    assert process.wait(SECONDS) == 0, said(tree)


def said(tree):
    return (tree / "snakemake.log").read_text(encoding="utf-8")[-6000:]


def contents(tree, paths):
    return {path: (tree / path).read_bytes() for path in paths}


def test_jobs_that_need_a_gpu_are_given_one_and_no_other_is(tmp_path):
    """Of the committed profile, as Slurm is asked; explanations, too, which the paper's experiment leaves out."""
    section = {"images": [0], "models": ["score"], "draws": 1, "contrast": 1.0, "samples": 100}
    tree = copy(tmp_path)
    explained = {"extends": "cifar10", "explanations": section}
    (tree / "more.yaml").write_text(yaml.safe_dump({"experiments": {"explained": explained}}))
    further = ("--configfile", "more.yaml", "--config", "experiment=explained")
    ran = snakemake(tree, "--profile", "slurm", *further, "--dry-run")
    assert ran.returncode == 0, ran.stdout[-3000:]
    blocks = [block.split("\n\n")[0] for block in ran.stdout.split("\nrule ")[1:]]
    assert {block.split(":")[0] for block in blocks if " gpu=1" in block} == ON_GPUS
    for block in blocks:
        partition = "gpu" if block.split(":")[0] in ON_GPUS else "cpu"
        assert f"slurm_partition={partition}" in block
        assert "runtime=" in block


@pytest.mark.parametrize("name", DISTURBANCES)
def test_a_job_that_is_disturbed_makes_the_same_bytes_in_the_end(disturbed, one_machine, name):
    """Cancelled, requeued, without the Snakemake that submitted it, or lost with its node.

    The state it ends in is all that later jobs see of it.
    """
    tree, process = disturbed[name]
    finish(tree, process)
    assert contents(tree, TRAINED) == contents(one_machine, TRAINED)
    if name != "orphaned":
        assert arrivals(tree) > 1  # the segment was trained again
    if name == "cancelled":
        assert "CANCELLED" in said(tree)


def test_the_cluster_makes_what_one_machine_makes(whole, one_machine):
    """Byte for byte."""
    tree, process = whole
    finish(tree, process)
    assert contents(tree, TRAINED + SCORED) == contents(one_machine, TRAINED + SCORED)


def test_logs_are_where_a_person_finds_them(whole):
    tree, process = whole
    finish(tree, process)
    path, words = LOG
    assert words in (tree / path).read_text(encoding="utf-8")
