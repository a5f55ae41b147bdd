"""Kill a whole run at random moments, again and again, each time followed by the same command; compare its tables.

    python tests/kills.py [--kills 20] [--seed 0] [--out benchmarks/results/kills.json]

Of the tiny experiment, on this machine: SIGKILL to Snakemake and to all of its jobs at once. What a user does after it,
`snakemake --unlock` and the command once more, is all that is done here. Takes some ten minutes.
"""

import argparse
import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from trees import copy

COMMAND = ("--cores", "2", "--configfile", "tiny.yaml")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        calm, killed = (copy(Path(folder, name)) for name in ("calm", "killed"))
        started = time.monotonic()
        assert run(calm).wait() == 0
        whole = time.monotonic() - started
        when, moments = random.Random(args.seed), []
        while len(moments) < args.kills:
            process, began = run(killed), time.monotonic()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=when.uniform(2.0, max(8.0, 2.0 * whole / args.kills)))
            if process.poll() is not None:
                break  # finished before it could be killed
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            moments.append(round(time.monotonic() - began, 1))
            assert run(killed, "--unlock").wait() == 0
            print(f"kill {len(moments)} after {moments[-1]} s", flush=True)
        assert run(killed).wait() == 0
        wanted, found = tables(calm), tables(killed)
        other = sorted(name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name))
        result = {"kills": len(moments), "seconds_of_each": moments, "tables": len(wanted), "other_tables": other}
        print(json.dumps(result, indent=2))
        if args.out:
            args.out.write_text(json.dumps(result, indent=2) + "\n")
        sys.exit(bool(other) or len(moments) < args.kills)


def run(tree: Path, *arguments: str) -> subprocess.Popen:
    """Snakemake in a process group of its own, with all of its jobs."""
    command = [sys.executable, "-m", "snakemake", *COMMAND, *arguments]
    environment = os.environ | {"PYTHONPATH": str(tree / "src")}
    log = (tree / "snakemake.log").open("a")
    return subprocess.Popen(command, cwd=tree, env=environment, stdout=log, stderr=log, start_new_session=True)


def tables(tree: Path) -> dict[str, bytes]:
    """Every table of the experiment, by its path; not the summary, which tells how many seconds were spent."""
    return {path.relative_to(tree).as_posix(): path.read_bytes() for path in tree.glob("results/tiny/tables/*")}


if __name__ == "__main__":
    main()
