"""What must hold of programs as users get them, in a process of its own: other tests compile without optimization."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import AS_FOR_USERS, UNOPTIMIZED

HERE = Path(__file__).parent


@pytest.mark.parametrize("name", ["invariance.py", "learning.py"])
def test_it_holds_of_optimized_programs(name):
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST")}
    environment |= {AS_FOR_USERS: "1", "XLA_FLAGS": os.environ["XLA_FLAGS"].replace(UNOPTIMIZED, "")}
    options = ["-p", "no:xdist", "-p", "no:cacheprovider", "-o", "addopts="]
    command = [sys.executable, "-m", "pytest", *options, str(HERE / name)]
    ran = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert ran.returncode == 0, ran.stdout[-5000:] + ran.stderr[-1000:]
    assert " passed" in ran.stdout
