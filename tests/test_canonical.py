import ast
import json
import os
import shutil
import subprocess
import sys
from itertools import combinations
from pathlib import Path

import pytest

from sbgc import canonical

SOURCES = Path(canonical.__file__).parents[1]
INTERPRETERS = [f"python3.{minor}" for minor in range(10, 16)]

# Sources of which no two do the same, with the syntax that versions of Python have treated differently.
SNIPPETS = [
    "x = 1", "x = 1.0", "x = True", "x = '1'", "x = b'1'", "x = None", "x = 1j", "x = -1", "x = 1e999", "x: int", "x",
    "x: int = 1", "(x): int = 1", "x = y = 1", "x += 1", "del x", "x = 'é\\n\\ud800'", "x = 'a' 'b'", "x = ...",
    "x = f''", "x = f'a{y}b'", "x = f'{y!r:>{w}}'", "x = f'{y=}'", "x = f'{y = !s}'", "x = f'a' 'b' f'{y}c' 'd'",
    "x = f'{{{y}}}'", "x = f'{y:%H:%M}'", "x = f'{f\"{y}\"}'", "x = a[b]", "x = a[b:c, ...]", "x = a[*b]",
    "x = {**a, 'b': 1}", "x = {a, *b}", "x = [*a]", "x = a,", "x, *y = a", "x = (y := 1)", "x = lambda a=1, *, b=2: a",
    "x = lambda a, /, b: a", "x = lambda a, b, /: a", "x = [a async for a in b]", "x = [a for a in b if a]",
    "def f(a, /, b, *c, d=1, e, **g) -> int: return a", "def f(a, /, b, *c, d, e=1, **g) -> int: return a",
    "@a\n@b(1)\ndef f(): return", "@b(1)\n@a\ndef f(): return", "async def f():\n async with a as b, c: await d",
    "class A(B, c=1):\n x: int = 1", "def f():\n global a, b\n nonlocal c", "import a.b as c", "from a import b as c",
    "from . import a", "for a in b: c\nelse: d", "for a in b: c\nd", "while a: break", "if a: b\nelif c: d\nelse: e",
    "try: a\nexcept B as b: c\nelse: d\nfinally: e", "try: a\nexcept* B as b: c", "raise A from b", "assert a, 'b'",
    "with (a as b, c as d): e", "match a:\n case 1 | 2: b", "match a:\n case None: b", "match a:\n case _: b",
    "match a:\n case {'b': c, **d}: e", "match a:\n case [1, *_]: b", "match a:\n case A(1, b=c) if c: d",
    "def f(): yield", "def f(): yield from a", "x = not a", "x = a < b <= c", "x = a @ b", "x = a if b else c",
]  # fmt: skip
DIGESTS = """
import json, sys
from sbgc import canonical, digests

def texts():
    for source in json.load(sys.stdin):
        try:
            yield canonical.text(canonical.running(source))
        except SyntaxError:
            yield None

steps = sorted(path.stem for path in (digests.PACKAGE / "steps").glob("[!_]*.py"))
print(json.dumps([list(texts()), [digests.code_digest(f"sbgc.steps.{step}") for step in steps]]))
"""


def text(source):
    return canonical.text(canonical.running(source))


def answers(interpreter):
    return interpreter and subprocess.run([interpreter, "--version"], capture_output=True).returncode == 0


def results(interpreter):
    """The texts of SNIPPETS, None for what this version cannot parse, and the digests of all steps."""
    environment = os.environ | {"PYTHONPATH": str(SOURCES)}
    command, snippets = [interpreter, "-S", "-c", DIGESTS], json.dumps(SNIPPETS)
    ran = subprocess.run(command, input=snippets, env=environment, capture_output=True, text=True, check=True)
    return json.loads(ran.stdout)


@pytest.mark.parametrize("name", INTERPRETERS)
def test_every_python_on_the_path_gives_equal_texts_and_digests_with_its_standard_library_alone(name):
    interpreter = shutil.which(name)
    if not answers(interpreter):
        pytest.skip(f"{name} is not on the path, or does not run")
    (ours, our_digests), (theirs, their_digests) = results(sys.executable), results(interpreter)
    assert [text for text in theirs if text] == [ours[i] for i, text in enumerate(theirs) if text]
    assert their_digests == our_digests


def test_the_text_of_a_source_is_this_on_every_python():
    source = "@a\ndef f(x, /, *, y=1):\n    return f'{x!r:>{y}}' u'b', x[y], None\n"
    assert text(source) == (
        "Module(body=[FunctionDef(args=arguments(kw_defaults=[1],kwonlyargs=[arg(arg='y')],"
        "posonlyargs=[arg(arg='x')]),body=[Return(value=Tuple(elts=[JoinedStr(values=[FormattedValue(conversion=114,"
        "format_spec=JoinedStr(values=['>',FormattedValue(conversion=-1,value=Name(id='y'))]),value=Name(id='x')),'b'])"
        ",Subscript(slice=Name(id='y'),value=Name(id='x')),None]))],decorator_list=[Name(id='a')],name='f')])"
    )


def test_fields_that_only_some_versions_have_do_not_count(monkeypatch):
    """Python 3.12 gave functions and classes `type_params`; `type_comment` and `kind` are seldom set."""
    source = "def f(): return 'a'\nclass A: x = 1\n"
    before = text(source)
    for node in (ast.FunctionDef, ast.ClassDef):
        monkeypatch.setattr(node, "_fields", tuple({*node._fields, "type_params"}))
    tree = canonical.running(source)
    for node in ast.walk(tree):
        node.type_params, node.kind, node.type_comment, node.type_ignores = [], "u", None, []
    assert canonical.text(tree) == before


def test_sources_that_do_different_things_have_different_texts():
    texts = [text(source) for source in SNIPPETS]
    assert not [(a, b) for (a, s), (b, t) in combinations(zip(SNIPPETS, texts, strict=True), 2) if s == t]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("def f(): return 1", 'def f():\n    """Words."""\n    return 1'),
        ("class A: x = 1", 'class A:\n    """Words."""\n\n    x = 1\n    """Words about x."""'),
        ("x = 1", '"""Words."""\n# a comment\nx = 1  # another\n"""Words about x."""\n'),
        ("def f(): pass", 'def f():\n    """Words."""'),
        ("def f(): ...", "def f(): pass"),
        ("x = f(1, 2)", "x = f(\n    1,\n    (2),\n)\n"),
        ("x = 'ab'", 'x = u"a" """b"""'),
        ("x = f'ab{y}'", "x = 'a' f'b{y}' ''"),
        ("x = '''a\nb'''\ny = 1\n", "x = '''a\r\nb'''\r\ny = 1\r\n"),
        ("x = 1", "if TYPE_CHECKING:\n import a\nx = 1"),
        ("x = 1", "if typing.TYPE_CHECKING:\n import a\nelse:\n x = 1"),
    ],
)
def test_words_layout_line_endings_and_what_a_type_checker_reads_do_not_count(one, other):
    assert text(one) == text(other)
    assert text(one.encode()) == text(other.encode())


def test_the_sources_of_this_package_say_the_same_after_another_layout():
    for path in (SOURCES / "sbgc").rglob("*.py"):
        source = path.read_text(encoding="utf-8")
        assert text(source) == text(ast.unparse(ast.parse(source))), path
