"""A real Slurm cluster on one Debian host: two nodes with pretend GPUs, in namespaces of their own (needs root).

    cd tests; python -m slurm.cluster FOLDER COMMAND [ARGUMENT ...]

installs what is missing, runs one command inside the cluster (`bash` gives a shell), and ends the cluster. FOLDER must
not exist yet; it becomes /etc/slurm inside, because the srun in a job looks nowhere else for slurm.conf. A Slurm that
the host has is neither read nor altered.

Debian's slurmd may run several times on one host. There is no systemd and no accounting database.
"""

import contextlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from slurm import installation, namespaces

NODES = ("n1", "n2")
GPUS = ("nvidia0", "nvidia1")
HOST = "pretend"
INSIDE = installation.CONFIGURATION  # where the cluster sees its folder
HERE = Path(__file__).parent
SECONDS = 300  # in which the nodes come up
# What these variables say is meant for another cluster.
FOREIGN = ("SLURM", "SBATCH", "SALLOC", "SRUN", "SQUEUE", "SINFO", "SCANCEL", "SCONTROL", "SNAKEMAKE_SLURM")


class Cluster:
    """A running cluster whose files are in `folder`."""

    def __init__(self, space: namespaces.Space, folder: Path) -> None:
        self._space, self._folder = space, folder
        self._nodes: dict[str, subprocess.Popen] = {}

    def inside(self, *command: str) -> list[str]:
        """The command that runs `command` inside, in the terminal of whoever calls it."""
        return self._space.inside(*_without_foreign_variables(), *command)

    def run(self, *command: str, check: bool = True) -> str:
        """The standard output of a command inside, such as squeue."""
        return self._space.run(*_without_foreign_variables(), *command, check=check)

    def start(self, *command: str, folder: Path, log: Path, **variables: str) -> subprocess.Popen:
        """A command inside that goes on by itself, in `folder` and with these environment variables set as well."""
        added = [f"{name}={value}" for name, value in variables.items()]
        return self._space.start(f"--chdir={folder}", *_without_foreign_variables(), *added, *command, log=log)

    def start_daemon(self, name: str, *command: str) -> subprocess.Popen:
        """A daemon that stays in the foreground, and logs to NAME.log."""
        return self.start(*command, folder=self._folder, log=self._folder / f"{name}.log")

    def start_node(self, node: str) -> None:
        """Boot a node: a slurmd that shares process numbers with nothing but its jobs."""
        # The shell is the first process of the node, and collects jobs that ended.
        script = f"{installation.path('slurmd')} -D -N {node}; exit $?"
        apart = ("unshare", "--pid", "--fork", "--kill-child", "--mount-proc", "--")
        self._nodes[node] = self.start_daemon(f"slurmd-{node}", *apart, "sh", "-c", script)

    def lose_node(self, node: str) -> None:
        """Pull a node's plug: its slurmd and all that runs on it are killed at once."""
        namespaces.end(self._nodes.pop(node))

    def await_nodes(self, *daemons: subprocess.Popen) -> None:
        """Wait until every node takes jobs. Raises RuntimeError when that takes too long, or a daemon ends."""
        stop, state = time.monotonic() + SECONDS, ""
        while time.monotonic() < stop and all(one.poll() is None for one in (*daemons, *self._nodes.values())):
            state = self.run("sinfo", "-h", "-N", "-p", "frail", "-o", "%N=%t", check=False)
            if state.split() == [f"{node}=idle" for node in NODES]:
                return
            time.sleep(0.3)
        said = "\n".join(log.read_text()[-1000:] for log in self._folder.glob("*.log"))
        raise RuntimeError(f"the nodes did not come up: {state.split()}\n{said}")


@contextlib.contextmanager
def running(folder: Path) -> Iterator[Cluster]:
    """A cluster that ends, with all that runs in it, when the block is left.

    Raises FileExistsError when `folder` exists, RuntimeError when the cluster cannot be had or does not come up.
    """
    if why := installation.obstacle():
        raise RuntimeError(f"No Slurm cluster: {why}")
    installation.install()
    _write_files(folder)
    mounts = {INSIDE: folder, Path("/etc/hosts"): folder / "hosts"}
    mounts |= {INSIDE / name: Path("/dev/null") for name in GPUS}  # Slurm takes character devices only
    with namespaces.space(HOST, mounts) as space:
        cluster = Cluster(space, folder)
        files = [f"--{name}={INSIDE}/munge.{name}" for name in ("socket", "key-file", "pid-file", "seed-file")]
        munged = cluster.start_daemon("munged", installation.path("munged"), "--foreground", *files)
        slurmctld = cluster.start_daemon("slurmctld", installation.path("slurmctld"), "-D", "-c")
        for node in NODES:
            cluster.start_node(node)
        cluster.await_nodes(munged, slurmctld)
        yield cluster


def _without_foreign_variables() -> list[str]:
    return [f"--unset={name}" for name in os.environ if name.startswith(FOREIGN)]


def _write_files(folder: Path) -> None:
    for name in ("", "state", *(f"spool-{node}" for node in NODES)):
        (folder / name).mkdir(mode=0o755)
    for name in ("slurm.conf", "gres.conf"):
        shutil.copy(HERE / name, folder)
    for name in GPUS:
        (folder / name).touch()
    (folder / "hosts").write_text(f"127.0.0.1 localhost {HOST}\n")
    key = folder / "munge.key-file"
    key.write_bytes(os.urandom(128))
    key.chmod(0o400)


if __name__ == "__main__":
    with running(Path(sys.argv[1])) as started:
        sys.exit(subprocess.call(started.inside(*sys.argv[2:])))
