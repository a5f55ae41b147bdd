"""Slurm and MUNGE from Debian's packages.

The installation writes to /usr, /etc/slurm, /etc/munge and /var, as that of any package does. It starts no daemon of
Slurm, for Debian's units ask for /etc/slurm/slurm.conf, which it does not write. It starts MUNGE's daemon where systemd
runs and Debian's /usr/sbin/policy-rc.d does not forbid it.
"""

import contextlib
import fcntl
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from slurm import namespaces

PACKAGES = ("slurmctld", "slurmd", "slurm-client", "munge")
PROGRAMS = ("slurmctld", "slurmd", "srun", "munged")
DAEMONS = {"slurmctld", "slurmd", "slurmdbd", "slurmstepd"}
CONFIGURATION = Path("/etc/slurm")


def obstacle() -> str | None:
    """Why no cluster can be started on this machine, as a sentence; None where one can."""
    if os.geteuid():
        return "It takes root."
    if why := namespaces.missing():
        return why
    if not missing():
        return None if CONFIGURATION.is_dir() else f"It takes a Slurm that reads {CONFIGURATION}, as Debian's does."
    if not shutil.which("apt-get"):
        return f"It takes {', '.join(missing())}, or Debian's apt-get."
    if foreign := [*_foreign_files(), *_foreign_daemons()]:
        return f"{', '.join(missing())} would have to be installed beside {foreign[0]}, which stays alone."
    return None


def missing() -> list[str]:
    """The programs that are not there yet."""
    return [program for program in PROGRAMS if not path(program)]


def path(program: str) -> str | None:
    """Where a program of Slurm or MUNGE is."""
    return shutil.which(program, path="/usr/sbin:/usr/bin")


def install() -> None:
    """Install what is missing. Raises subprocess.CalledProcessError when apt-get fails."""
    if not missing():
        return
    with _one_at_a_time():
        if missing():  # still
            environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
            command = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *PACKAGES]
            if subprocess.run(command, env=environment, capture_output=True).returncode:
                subprocess.run(["apt-get", "update", "-qq"], check=True, capture_output=True)
                subprocess.run(command, env=environment, check=True, capture_output=True)


@contextlib.contextmanager
def _one_at_a_time() -> Iterator[None]:
    """The workers of pytest wait for each other. The lock is on a folder that exists, so no file is written."""
    folder = os.open("/var/lib/dpkg", os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def _foreign_files() -> Iterator[Path]:
    found = (CONFIGURATION / name for name in ("slurm.conf", "gres.conf"))
    return (path for path in found if os.path.lexists(path))


def _foreign_daemons() -> Iterator[str]:
    for path in Path("/proc").glob("[0-9]*/comm"):
        with contextlib.suppress(OSError):  # it ended meanwhile
            if (name := path.read_text().strip()) in DAEMONS:
                yield f"process {path.parent.name}, a {name}"
