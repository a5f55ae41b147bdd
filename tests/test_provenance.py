import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sbgc import provenance

DIGEST = "from sbgc.provenance import code_digest; print(code_digest('sbgc.steps.log_prob', 'sbgc.models.gaussian'))"


@pytest.fixture
def package(tmp_path):
    return shutil.copytree(Path(provenance.__file__).parent, tmp_path / "sbgc")


def digest(package):
    ran = subprocess.run([sys.executable, "-c", DIGEST], cwd=package.parent, capture_output=True, text=True, check=True)
    return ran.stdout.strip()


def test_comments_docstrings_and_layout_do_not_count(package):
    before = digest(package)
    module = package / "models" / "gaussian.py"
    module.write_text("# a comment\n\n" + module.read_text().replace('"""', '"""Other words. ', 1))
    assert digest(package) == before


@pytest.mark.parametrize("module", ["models/gaussian.py", "procedures/scoring/bayes.py", "keys.py", "artifacts.py"])
def test_an_edit_of_the_closure_counts(package, module):
    before = digest(package)
    with (package / module).open("a") as stream:
        stream.write("EDITED = True\n")
    assert digest(package) != before


@pytest.mark.parametrize("module", ["models/score.py", "maths/sde.py", "figures/style.py", "steps/attack.py"])
def test_an_edit_outside_the_closure_does_not_count(package, module):
    before = digest(package)
    with (package / module).open("a") as stream:
        stream.write("EDITED = True\n")
    assert digest(package) == before


def test_a_module_that_does_not_exist_is_named():
    with pytest.raises(ModuleNotFoundError, match="sbgc.models.glow"):
        provenance.code_digest("sbgc.models.glow")


def test_a_manifest_says_commit_versions_and_the_callers_facts():
    manifest = provenance.manifest(["sbgc.units"], seed=3)
    assert manifest["seed"] == 3
    assert manifest["code"] == provenance.code_digest("sbgc.units")
    assert {"jax", "numpy"} <= set(manifest["versions"])
