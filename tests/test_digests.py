import ast
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sbgc import digests, progress
from sbgc.procedures.training.throughput import Meter
from sbgc.steps import command

FILES = sorted((digests.PACKAGE / "steps").glob("[!_]*.py"))
TOOL = "sbgc.steps.schema"  # makes a file of the repository from the configuration, and no result
STEPS = [f"sbgc.steps.{path.stem}" for path in FILES if not digests.left_out(f"sbgc.steps.{path.stem}")]
COUNTED = sorted(digests.closure(*STEPS) - {TOOL})
TRAINING = ["sbgc.steps.train_segment", "sbgc.models.score"]
SCRIPT = "import json, sys; from sbgc.digests import code_digest; print(json.dumps([code_digest(*sys.argv[1:])]))"
C_LOCALE = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}


@pytest.fixture
def package(tmp_path):
    return shutil.copytree(digests.PACKAGE, tmp_path / "sbgc", ignore=shutil.ignore_patterns("__pycache__"))


def digest(package, *modules, environment=None):
    """The digest by a process of its own, which finds the copied package first."""
    arguments = [sys.executable, "-c", SCRIPT, *modules]
    ran = subprocess.run(
        arguments, cwd=package.parent, env=os.environ | (environment or {}), capture_output=True, text=True, check=True
    )
    return json.loads(ran.stdout)


def edit(package, file, code="EDITED = True\n"):
    with (package / file).open("a", encoding="utf-8") as stream:
        stream.write(code)


# What a digest covers.


@pytest.mark.parametrize(
    "file", ["steps/train_segment.py", "models/score.py", "nets/unet.py", "maths/sde.py", "keys.py", "artifacts.py"]
)
def test_an_edit_of_what_a_training_imports_counts(package, file):
    before = digest(package, *TRAINING)
    edit(package, file)
    assert digest(package, *TRAINING) != before


@pytest.mark.parametrize("file", ["__init__.py", "nets/__init__.py", "procedures/training/__init__.py"])
def test_an_edit_of_a_package_around_an_imported_module_counts(package, file):
    before = digest(package, *TRAINING)
    edit(package, file)
    assert digest(package, *TRAINING) != before


@pytest.mark.parametrize("file", ["models/gaussian.py", "figures/style.py", "steps/attack.py", "data/digits.py"])
def test_an_edit_of_what_a_training_does_not_import_does_not_count(package, file):
    before = digest(package, *TRAINING)
    edit(package, file)
    assert digest(package, *TRAINING) == before


def test_an_edit_of_words_and_layout_does_not_count(package):
    before = digest(package, *TRAINING)
    for path in package.rglob("*.py"):
        source = path.read_text(encoding="utf-8").replace('"""', '"""Other words. ', 1)
        path.write_text(f"# a comment\n\n{source}", encoding="utf-8", newline="\r\n")
    assert digest(package, *TRAINING) == before


@pytest.mark.parametrize("import_it", ["import sbgc.new", "from sbgc import new", "def f():\n    import sbgc.new"])
def test_a_new_module_counts_once_something_imports_it(package, import_it):
    unused = digest(package, *TRAINING)
    edit(package, "new.py")
    assert digest(package, *TRAINING) == unused
    edit(package, "keys.py", import_it + "\n")
    imported = digest(package, *TRAINING)
    edit(package, "new.py", "AGAIN = True\n")
    assert len({str(unused), str(imported), str(digest(package, *TRAINING))}) == 3


def test_an_import_for_a_type_checker_does_not_count(package):
    before = digest(package, *TRAINING)
    edit(package, "keys.py", "if TYPE_CHECKING:\n    import sbgc.data.digits\n")
    assert digest(package, *TRAINING) == before


def test_the_facts_of_the_known_datasets_count_where_they_are_used(package):
    fetched, trained = digest(package, "sbgc.steps.fetch_dataset"), digest(package, *TRAINING)
    edit(package, "config/datasets.py")
    assert digest(package, "sbgc.steps.fetch_dataset") != fetched
    assert digest(package, *TRAINING) == trained


def test_a_locale_without_unicode_gives_the_same_digest(package):
    edit(package, "keys.py", "GREEK = 'βγ'\n")
    assert digest(package, *TRAINING) == digest(package, *TRAINING, environment=C_LOCALE)


def test_a_relative_import_is_refused_with_its_place(monkeypatch, tmp_path):
    (tmp_path / "sbgc").mkdir()
    (tmp_path / "sbgc" / "__init__.py").touch()
    (tmp_path / "sbgc" / "odd.py").write_text("x = 1\nfrom . import keys\n")
    monkeypatch.setattr(digests, "PACKAGE", tmp_path / "sbgc")
    with pytest.raises(ImportError, match=r"^sbgc\.odd, line 2: a relative import"):
        digests.closure("sbgc.odd")


def test_a_module_that_does_not_exist_is_named():
    with pytest.raises(ModuleNotFoundError, match="sbgc.models.unknown: no such module"):
        digests.code_digest("sbgc.models.unknown")


def test_a_process_reads_a_module_once_however_many_digests_hold_it(monkeypatch):
    digests.code_digest(*STEPS)
    monkeypatch.setattr(ast, "parse", None)
    assert len({digests.code_digest(step) for step in STEPS}) == len(STEPS)


# What is left out, and why it may be.


@pytest.mark.parametrize("module", [*digests.REPORTS, "sbgc.config", "sbgc.config.models"])
def test_an_edit_of_what_only_reports_changes_no_digest_of_a_step(package, module):
    before = digest(package, *STEPS)
    path = package.joinpath(*module.split(".")[1:])
    edit(package, (path / "__init__.py") if path.is_dir() else path.with_suffix(".py"), "import sbgc.data.splits\n")
    assert digest(package, *STEPS) == before


def test_every_module_that_only_reports_is_there_and_is_left_out():
    for module in digests.REPORTS:
        assert digests.closure(module)
        assert module not in COUNTED


def test_counted_modules_take_nothing_from_those_that_report_but_these():
    """Each of these is shown below to give nothing that is computed with; a manifest by tests/test_provenance.py."""
    found = {}
    for counted in COUNTED:
        for module, name in taken(counted):
            if module in digests.REPORTS:
                found.setdefault(module, set()).add(name)
    assert found == {
        "sbgc.procedures.training.throughput": {"Meter", "Throughput"},
        "sbgc.progress": {"progress_bar"},
        "sbgc.provenance": {"manifest"},
        "sbgc.steps.command": {"parse", "run"},
    }


def tree(module):
    return ast.parse(Path(importlib.util.find_spec(module).origin).read_bytes())


def taken(module):
    """Pairs (module, name) of what `module` imports from another or reads as an attribute of one."""
    nodes = list(ast.walk(tree(module)))
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from ((alias.name, "*") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            modules = {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
            yield from ((node.module, alias.name) for alias in node.names)
            reads = [read for read in nodes if isinstance(read, ast.Attribute) and isinstance(read.value, ast.Name)]
            yield from ((modules[read.value.id], read.attr) for read in reads if read.value.id in modules)


def test_no_value_passes_through_a_progress_bar_and_it_writes_to_standard_error_alone(capsys):
    with progress.progress_bar(2, "train", "step") as bar:
        bar.update(2)
    assert bar.iterable is None
    written = capsys.readouterr()
    assert not written.out
    assert "2/2" in written.err


def test_the_training_loop_gets_nothing_back_from_the_meter_of_its_throughput():
    class Result:
        def is_ready(self):
            return True

    meter = Meter()
    for _ in range(4):
        assert meter.handed_over(Result()) is None
        assert meter.finished(8) is None


def test_a_command_line_gives_a_step_what_the_rule_says_and_no_value_of_its_own(capsys):
    options = {"seed": int, "names": [str]}
    words = ["--seed", "3", "--names", "a", "b"]
    assert vars(command.parse("", words, **options)) == {"seed": 3, "names": ["a", "b"]}
    for missing in (words[:2], words[2:]):
        with pytest.raises(SystemExit):
            command.parse("", missing, **options)
    ran = []
    assert command.run(lambda: ran.append("once")) is None
    assert ran == ["once"]


def test_the_types_of_settings_that_a_step_may_read_refuse_values_and_compute_none():
    """Each function in their modules is a check that returns the value that it was given."""
    waiting = {module for counted in COUNTED for module, _ in taken(counted) if is_settings(module)}
    waiting |= {"sbgc.config.models", "sbgc.config.likelihoods"}
    seen = set()
    while waiting := waiting - seen:
        module = waiting.pop()
        seen.add(module)
        waiting |= {name for name, _ in taken(module) if is_settings(name)}
        for function in ast.walk(tree(module)):
            if isinstance(function, ast.FunctionDef):
                value = next(name.arg for name in function.args.args if name.arg != "cls")
                returned = [node.value for node in ast.walk(function) if isinstance(node, ast.Return)]
                assert {ast.unparse(found) for found in returned} == {value}, f"{module}.{function.name}"
    assert "sbgc.config.base" in seen


def is_settings(module):
    return digests.left_out(module) and module.startswith(digests.SETTINGS)
