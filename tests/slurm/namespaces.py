"""Processes with mounts, a network, a host name and process numbers of their own (Linux namespaces; needs root).

What runs in such a space can see or end no process outside it, its mounts change no file outside it, and its ports
clash with none. When the space is left, the kernel ends all that still runs in it.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

HOLDER = Path(__file__).with_name("holder.py")
UNSHARE = ("unshare", "--mount", "--propagation", "private", "--net", "--uts", "--pid", "--fork", "--kill-child")


class Space:
    """The namespaces that `holder`, an `unshare` process, made for its child."""

    def __init__(self, holder: int) -> None:
        self._enter = (
            *("nsenter", "--target", str(holder), "--mount", "--net", "--uts"),
            *(f"--pid=/proc/{holder}/ns/pid_for_children", "--", "env"),
        )

    def inside(self, *command: str) -> list[str]:
        """The command that runs `command` inside. It may begin with arguments of env: `--chdir=FOLDER NAME=VALUE`."""
        return [*self._enter, *command]

    def run(self, *command: str, check: bool = True) -> str:
        """The standard output of a command inside.

        Raises subprocess.CalledProcessError when the command fails and `check` holds.
        """
        return subprocess.run(self.inside(*command), stdout=subprocess.PIPE, text=True, check=check).stdout

    def start(self, *command: str, log: Path) -> subprocess.Popen:
        """A command inside that goes on by itself; what it says is appended to `log`. See `end`."""
        with log.open("a") as stream:
            return subprocess.Popen(
                self.inside(*command),
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=stream,
                start_new_session=True,
            )


def end(process: subprocess.Popen) -> None:
    """Kill what `Space.start` started, and its children of the same process group, without a chance to clean up."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@contextlib.contextmanager
def space(hostname: str, mounts: Mapping[Path, Path]) -> Iterator[Space]:
    """A space where each key of `mounts`, a file or a folder, is what its value shows.

    Raises RuntimeError when the namespaces cannot be made.
    """
    paths = [str(path) for pair in ((source, target) for target, source in mounts.items()) for path in pair]
    command = [*UNSHARE, "--mount-proc", "--", sys.executable, str(HOLDER), hostname, *paths]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True) as holder:
        if holder.stdout.readline() != "ready\n":
            raise RuntimeError(holder.stderr.read().strip())
        yield Space(holder.pid)
        # Leaving this block closes the holder's input, and waits for its end.


def missing() -> str | None:
    """Why this machine gives no namespaces, as a sentence; None where it does."""
    if not (shutil.which("unshare") and shutil.which("nsenter")):
        return "It takes util-linux's unshare and nsenter."
    try:
        with space("trial", {}):
            return None
    except RuntimeError as error:
        return f"It takes the right to make namespaces ({error})."
