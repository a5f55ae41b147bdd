"""The cluster of the Slurm tests touches nothing but its own folder, and ends no process but its own."""

import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from slurm import cluster, installation, namespaces

TESTS = Path(__file__).parent
COMMAND = (sys.executable, "-m", "slurm.cluster")
SECONDS = 120  # a limit for what never ends


@pytest.fixture
def possible():
    if why := installation.obstacle():
        pytest.skip(f"starts a Slurm cluster. {why}")
    installation.install()


@pytest.fixture
def host(possible, tmp_path):
    """A host of the test's own where somebody else has configured Slurm, and its /etc/slurm."""
    configuration = tmp_path / "etc"
    configuration.mkdir()
    for name in ("slurm.conf", "gres.conf", "cgroup.conf"):
        (configuration / name).write_text(f"# somebody else's {name}\n")
    with namespaces.space("host", {installation.CONFIGURATION: configuration}) as space:
        yield space, configuration


def idle(name, folder):
    """The command line of a program of this name that does nothing, for ever."""
    folder.mkdir(exist_ok=True)
    return shutil.copy(shutil.which("sleep"), folder / name), "infinity"


def described(folder):
    return {path.name: (path.read_bytes(), path.stat().st_mtime_ns, path.is_symlink()) for path in folder.iterdir()}


def processes(space):
    """The command lines of all processes of a space, but for the one that asks."""
    script = 'for file in /proc/[0-9]*/cmdline; do tr "\\0" " " < $file; echo; done'
    lines = space.run("sh", "-c", script, check=False).splitlines()
    return sorted(line.strip() for line in lines if line and script not in line)


def wait_until(condition):
    stop = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < stop
        time.sleep(0.1)


def test_somebody_elses_slurm_survives_a_cluster_that_comes_and_goes(host, tmp_path):
    space, configuration = host
    before = described(configuration)
    daemons = [
        space.start(*idle(name, tmp_path / "bin"), log=tmp_path / "log") for name in sorted(installation.DAEMONS)
    ]
    told = space.run(f"--chdir={TESTS}", *COMMAND, tmp_path / "cluster", "scontrol", "-o", "show", "nodes")
    nodes = re.findall(r"NodeName=(\S+) .* State=(\S+) .* Partitions=(\S+)", told)
    assert nodes == [("n1", "IDLE", "steady,frail"), ("n2", "IDLE", "frail")]
    assert described(configuration) == before
    assert [daemon.poll() for daemon in daemons] == [None] * len(daemons)


def test_where_the_process_that_runs_a_cluster_is_killed_the_cluster_ends(host, tmp_path):
    space, _ = host
    before = processes(space)
    in_cluster = ("sh", "-c", "touch up; sleep infinity")
    script = (f"--chdir={TESTS}", "sh", "-c", 'echo $$ > "$0"; exec "$@"', tmp_path / "number")
    space.start(*script, *COMMAND, tmp_path / "cluster", f"--chdir={tmp_path}", *in_cluster, log=tmp_path / "log")
    wait_until((tmp_path / "up").exists)
    assert any(line.startswith(installation.path("slurmctld")) for line in processes(space))
    space.run("sh", "-c", f"kill -KILL {(tmp_path / 'number').read_text()}")
    wait_until(lambda: processes(space) == before)


def test_clusters_that_run_at_the_same_time_do_not_meet(possible, tmp_path):
    with cluster.running(tmp_path / "a") as one, cluster.running(tmp_path / "b") as other:
        number = one.run("sbatch", "--parsable", "--output=/dev/null", "--wrap=sleep 1000").strip()
        assert one.run("squeue", "-h", "-o", "%i").split() == [number]
        assert other.run("squeue", "-h", "-o", "%i").split() == []


def test_a_node_that_is_lost_takes_all_of_its_jobs_along_and_no_other(possible, tmp_path):
    with cluster.running(tmp_path / "a") as one:
        for seconds, partition in (("1001", "steady"), ("1002", "frail")):
            script = f"setsid sleep {seconds} & sleep {seconds}"
            one.run("sbatch", f"--partition={partition}", "--output=/dev/null", f"--wrap={script}")
        wait_until(lambda: sleeping(one) == ["sleep 1001"] * 2 + ["sleep 1002"] * 2)
        one.lose_node("n2")
        wait_until(lambda: sleeping(one) == ["sleep 1001"] * 2)


def sleeping(one):
    return [line for line in processes(one) if line.startswith("sleep")]


def test_a_folder_that_exists_is_left_alone(possible, tmp_path):
    (tmp_path / "slurm.conf").write_text("mine")
    with pytest.raises(FileExistsError), cluster.running(tmp_path):
        pass
    assert described(tmp_path).keys() == {"slurm.conf"}


@pytest.fixture
def not_installed(monkeypatch, tmp_path):
    """As if Slurm were missing and /etc/slurm empty, whatever this machine has."""
    monkeypatch.setattr(installation, "PROGRAMS", ("no-such-daemon",))
    monkeypatch.setattr(installation, "CONFIGURATION", tmp_path)
    monkeypatch.setattr(installation, "DAEMONS", {"foreign-slurmd"})
    if why := installation.obstacle():
        pytest.skip(why)


@pytest.mark.parametrize("name", ["slurm.conf", "gres.conf"])
def test_nothing_is_installed_beside_somebody_elses_configuration(not_installed, tmp_path, name):
    """Not even where that is a link to a file that is not there at the moment."""
    (tmp_path / name).symlink_to(tmp_path / "elsewhere")
    assert f"beside {tmp_path / name}" in installation.obstacle()


def test_nothing_is_installed_beside_somebody_elses_daemon(not_installed, tmp_path):
    with subprocess.Popen(idle("foreign-slurmd", tmp_path)) as daemon:
        wait_until(lambda: installation.obstacle() is not None)
        assert f"beside process {daemon.pid}, a foreign-slurmd" in installation.obstacle()
        daemon.kill()
