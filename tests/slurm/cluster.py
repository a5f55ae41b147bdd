"""A real Slurm cluster on one Debian host: two nodes with pretend GPUs, on loopback; needs root.

    python tests/slurm/cluster.py up FOLDER      install what is missing, start it, wait until both nodes are idle
    python tests/slurm/cluster.py down FOLDER    stop it and leave nothing running

Debian's slurmd may run several times on one host. No systemd, no accounting database. /etc/slurm/slurm.conf becomes a
link into FOLDER, since the srun inside a job looks nowhere else.
"""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

PACKAGES = ("slurmctld", "slurmd", "slurm-client", "munge")
NODES = ("n1", "n2")
CONFIGURATION = Path("/etc/slurm/slurm.conf")
SECONDS = 60  # to come up

SLURM_CONF = """\
ClusterName=pretend
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
SlurmctldPort=16817
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket,cred_expire=10
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool-%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd-%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd-%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherParams=OverMemoryKill
JobRequeue=1
ReturnToService=2
SlurmdTimeout=15
MinJobAge=300
SchedulerParameters=sched_interval=1,sched_min_interval=0
GresTypes=gpu
NodeName=n[1-2] NodeHostname={host} NodeAddr=127.0.0.1 Port=[16831-16832] CPUs=2 RealMemory=8000 Gres=gpu:h100:2
PartitionName=pretend Nodes=n[1-2] Default=YES MaxTime=60 State=UP
"""
GRES_CONF = "NodeName=n[1-2] Name=gpu Type=h100 File={folder}/nvidia[0-1]\n"


def up(folder: Path) -> None:
    """Raises RuntimeError when the nodes do not come up."""
    install()
    shutil.rmtree(folder, ignore_errors=True)
    for name in ("state", *(f"spool-{node}" for node in NODES)):
        (folder / name).mkdir(parents=True)
    for number in (0, 1):  # Slurm sets CUDA_VISIBLE_DEVICES for character devices only
        os.mknod(folder / f"nvidia{number}", 0o600 | 0o020000, os.makedev(1, 3))
    facts = {"folder": folder, "host": socket.gethostname()}
    (folder / "slurm.conf").write_text(SLURM_CONF.format(**facts))
    (folder / "gres.conf").write_text(GRES_CONF.format(**facts))
    CONFIGURATION.parent.mkdir(exist_ok=True)
    for name in ("slurm.conf", "gres.conf"):
        link = CONFIGURATION.with_name(name)
        link.unlink(missing_ok=True)
        link.symlink_to(folder / name)
    _munged(folder)
    _daemon("slurmctld", "-c")
    for node in NODES:
        start_node(node)
    _await_nodes()


def down(folder: Path) -> None:
    """Stop every process of the cluster, whether or not it ever came up."""
    if (folder / "slurmctld.pid").exists():
        subprocess.run(["scancel", "--user=root"], check=False, capture_output=True)
        time.sleep(3.0)  # until jobs have ended
    for command in ("slurmstepd", "slurmd", "slurmctld"):
        subprocess.run(["pkill", "-KILL", "-x", command], check=False)
    subprocess.run(["pkill", "-KILL", "-f", f"{folder}/spool-"], check=False)  # jobs that are left
    pid = folder / "munged.pid"
    if pid.exists():
        os.kill(int(pid.read_text()), signal.SIGTERM)
    for name in ("slurm.conf", "gres.conf"):
        link = CONFIGURATION.with_name(name)
        if link.is_symlink() and link.resolve().parent == folder.resolve():
            link.unlink()


def install() -> None:
    """From Debian's packages, what is missing."""
    if not all(
        shutil.which(command, path="/usr/sbin:/usr/bin") for command in ("slurmctld", "slurmd", "srun", "munged")
    ):
        environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        command = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *PACKAGES]
        if subprocess.run(command, env=environment, capture_output=True).returncode:
            subprocess.run(["apt-get", "update", "-qq"], check=True, capture_output=True)
            subprocess.run(command, env=environment, check=True, capture_output=True)


def start_node(node: str) -> None:
    """One slurmd, as if the node had booted."""
    _daemon("slurmd", "-N", node)


def lose_node(node: str) -> None:
    """Kill a node's slurmd and all that runs on it at once: its plug is pulled."""
    subprocess.run(["pkill", "-KILL", "-f", f"slurmd -N {node}"], check=False)
    listed = subprocess.run(["ps", "-eo", "pid,args"], capture_output=True, text=True, check=True).stdout
    running = subprocess.run(["squeue", "-h", "-w", node, "-o", "%i"], capture_output=True, text=True).stdout.split()
    for line in listed.splitlines()[1:]:
        pid, command = line.split(None, 1)
        if any(command.startswith(f"slurmstepd: [{job}.") for job in running):
            _kill_tree(int(pid))


def _kill_tree(pid: int) -> None:
    children = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True).stdout.split()
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    for child in map(int, children):
        _kill_tree(child)


def _munged(folder: Path) -> None:
    key = folder / "munge.key"
    key.write_bytes(os.urandom(128))
    key.chmod(0o400)
    folder.chmod(0o755)
    options = {"socket": "munge.socket", "key-file": "munge.key", "pid-file": "munged.pid", "log-file": "munged.log"}
    arguments = [f"--{name}={folder / file}" for name, file in options.items()]
    _daemon("munged", "--force", *arguments, f"--seed-file={folder}/munged.seed")


def _daemon(command: str, *arguments: str) -> None:
    program = shutil.which(command, path="/usr/sbin:/usr/bin")
    ran = subprocess.run([program, *arguments], capture_output=True, text=True)
    if ran.returncode:
        raise RuntimeError(f"{command}: {ran.stderr.strip() or ran.stdout.strip()}")


def _await_nodes() -> None:
    stop, state = time.monotonic() + SECONDS, ""
    while time.monotonic() < stop:
        state = subprocess.run(["sinfo", "-h", "-N", "-o", "%N=%t"], capture_output=True, text=True).stdout
        if state.split() == [f"{node}=idle" for node in NODES]:
            return
        time.sleep(0.5)
    raise RuntimeError(f"nodes did not come up in {SECONDS} s: {state.split()}")


if __name__ == "__main__":
    {"up": up, "down": down}[sys.argv[1]](Path(sys.argv[2]))
