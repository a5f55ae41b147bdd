import ast
import importlib.util
import inspect
import json
import os
import shutil
import subprocess
import sys
import textwrap
import typing
from pathlib import Path

import pytest

from sbgc import digests, progress
from sbgc.kinds import KINDS
from sbgc.procedures.training.throughput import Meter
from sbgc.steps import command

FILES = sorted((digests.PACKAGE / "steps").glob("[!_]*.py"))
TOOL = "sbgc.steps.write_schema"  # makes a file of the repository from the configuration, and no result
STEPS = [f"sbgc.steps.{path.stem}" for path in FILES if not digests.left_out(f"sbgc.steps.{path.stem}")]
MODULES = {
    ".".join(path.relative_to(digests.PACKAGE.parent).with_suffix("").parts) for path in digests.PACKAGE.rglob("*.py")
}
COUNTED = sorted(digests.closure(*STEPS) - {TOOL})
TRAINING = ["sbgc.steps.train", "sbgc.fitting.score"]
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
    "file", ["steps/train.py", "fitting/score.py", "nets/unet.py", "maths/sde.py", "keys.py", "artifacts/npz.py"]
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


SCORED = {kind: ["sbgc.steps.score", f"sbgc.models.{kind}"] for kind in KINDS}
TRAINED = {kind: ["sbgc.steps.train", f"sbgc.fitting.{kind}"] for kind in KINDS if KINDS[kind].fitted == "descent"}
FITTED = {kind: ["sbgc.steps.fit", f"sbgc.fitting.{kind}"] for kind in KINDS if KINDS[kind].fitted == "at_once"}


@pytest.mark.parametrize(
    "file", ["maths/fixed_grid.py", "maths/elbo.py", "maths/attacks/apgd.py", "progress.py", "steps/command.py"]
)
def test_no_training_depends_on_what_only_evaluates_or_reports(file):
    """Nor on a model's page, nor on the products with a Jacobian that a likelihood needs."""
    module = "sbgc." + file.removesuffix(".py").replace("/", ".")
    evaluates = {"sbgc.maths.divergence", "sbgc.maths.probability_flow", "sbgc.maths.path_gradient", "sbgc.models"}
    for modules in (TRAINED | FITTED).values():
        assert not digests.closure(*modules) & {module, *evaluates}
    assert module in MODULES


def test_what_is_evaluated_does_not_depend_on_how_it_is_fitted():
    for modules in SCORED.values():
        assert not any(name.startswith(("sbgc.fitting", "sbgc.trainer")) for name in digests.closure(*modules))


def test_nothing_that_is_fitted_or_scored_depends_on_the_table_of_kinds_or_on_the_page_of_another_kind():
    for kind in KINDS:
        others = {f"sbgc.{layer}.{other}" for layer in ("models", "fitting") for other in KINDS if other != kind}
        for modules in (SCORED, TRAINED, FITTED):
            found = digests.closure(*modules[kind]) if kind in modules else set()
            assert not found & {"sbgc.kinds", *others}


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
    """Each of these is shown below to give nothing that is computed with.

    For a manifest tests/test_provenance.py shows it, for the count of operations tests/test_segments.py. A digest says
    whether the kept state of an attack is of this code (tests/test_attack_engine.py).
    """
    found = {}
    for counted in COUNTED:
        for module, name in taken(counted):
            if module in digests.REPORTS:
                found.setdefault(module, set()).add(name)
    assert found == {
        "sbgc.digests": {"code_digest"},
        "sbgc.procedures.training.step_cost": {"described", "flop_per_image", "parameters"},
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


def test_settings_that_a_step_reads_have_no_method_but_checks_that_return_the_value_they_were_given():
    """So that a step computes with what its command line says, and with nothing that an edit of these types changes."""
    read = {(module, name) for counted in COUNTED for module, name in taken(counted) if is_settings(module)}
    waiting = {part for module, name in read for part in parts(getattr(importlib.import_module(module), name))}
    seen = set()
    while waiting := waiting - seen:
        part = waiting.pop()
        seen.add(part)
        if isinstance(part, type):
            waiting |= {
                inner for field in part.model_fields.values() for inner in parts((field.annotation, field.metadata))
            }
            waiting |= {base for base in part.__mro__ if base.__module__.startswith("sbgc.")}
        for function in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(part)))):
            if isinstance(function, ast.FunctionDef):
                value = next(name.arg for name in function.args.args if name.arg != "cls")
                returned = [node.value for node in ast.walk(function) if isinstance(node, ast.Return)]
                assert {ast.unparse(found) for found in returned} == {value}, f"{part}: {function.name}"
    assert {"Spec", "Scoring", "ScoreModel", "Fast", "Training", "APGD", "Settings"} <= {part.__name__ for part in seen}


def parts(annotation):
    """The classes of settings and the functions that check values in an annotation and its metadata."""
    if isinstance(annotation, type) and annotation.__module__.startswith("sbgc."):
        yield annotation
    if hasattr(annotation, "func"):
        yield annotation.func
    inner = annotation if isinstance(annotation, list | tuple) else typing.get_args(annotation)
    for one in inner:
        yield from parts(one)


def is_settings(name):
    """Whether it is a module of settings that counts in no digest, and no name in one."""
    return digests.left_out(name) and name.startswith(digests.SETTINGS) and name in MODULES
