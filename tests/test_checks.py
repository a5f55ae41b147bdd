"""The repository passes its own linters; each is also a command for a person at a terminal."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent
CHECKS = {
    "ruff": ["ruff", "check", "."],
    "ruff format": ["ruff", "format", "--check", "."],
    "mypy": ["mypy"],
    "import-linter": ["lint-imports"],
}


@pytest.mark.parametrize("check", CHECKS)
def test_the_linter_finds_nothing(check):
    name, *arguments = CHECKS[check]
    ran = subprocess.run([BIN / name, *arguments], cwd=ROOT, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_no_file_names_a_package_registry():
    hosts = ["pypi" + ".org", "python" + "hosted", "files." + "python", "anaconda" + ".org"]
    tracked = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for name in tracked.stdout.split():
        content = (ROOT / name).read_bytes().lower()
        assert not [host for host in hosts if host.encode() in content], name
