import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "sbgc"
PAGES = sorted((ROOT / "docs" / "adr").glob("0*.md"))
HEAD = re.compile(r"# (\d{4}) (.+)\n\n\*\*Status:\*\* ((?:.|\n)+?)\n\*\*Date:\*\* (\d{4}-\d\d-\d\d)\n\n")
ROW = re.compile(r"^\| \[(\d{4})\]\((.+?)\) \| (.+) \| (.+) \| (.+) \|$", re.MULTILINE)
LINK = re.compile(r"\]\(([^)#:]+)")
STATUS = re.compile(r"accepted|(changed|superseded) by \d{4}( and \d{4})*")


def text(path):
    return path.read_text(encoding="utf-8")


def head(page):
    """Number, title, status and date."""
    number, title, status, date = HEAD.match(text(page)).groups()
    said = re.sub(r"\[(\d{4})\]\(.+?\)", r"\1", status.replace("\n", " "))
    return number, title, re.split("[.:;]", said)[0], date


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_decision_says_its_status_and_its_date(page):
    number, _, status, _ = head(page)
    assert page.name.startswith(f"{number}-")
    assert STATUS.fullmatch(status)


def test_the_list_of_decisions_says_what_the_pages_say():
    rows = ROW.findall(text(ROOT / "docs" / "adr" / "README.md"))
    assert [(number, name, title, status, date) for number, name, title, status, date in rows] == [
        (number, page.name, title, status, date) for page in PAGES for number, title, status, date in [head(page)]
    ]


def test_a_decision_that_changes_another_is_named_by_it():
    for page in PAGES:
        number, _, status, _ = head(page)
        for later in re.findall(r"\d{4}", status):
            (other,) = [page for page in PAGES if page.name.startswith(later)]
            assert number in text(other)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_link_of_a_decision_leads_somewhere(page):
    for link in LINK.findall(text(page)):
        assert (page.parent / link).exists(), link


@pytest.mark.parametrize("page", [page for page in PAGES if head(page)[2] == "accepted"], ids=lambda page: page.stem)
def test_the_files_and_functions_that_a_decision_in_force_names_are_there(page):
    words = re.sub(r"\]\(.+?\)|results/\S+", "", text(page))
    for path in re.findall(r"\w+(?:/\w+)+\.(?:py|smk|md)\b", words):
        assert (ROOT / path).exists() or (PACKAGE / path).exists(), path
    for name in re.findall(r"`([a-z_]+(?:\.\w+)+)`", words):
        names = name.removeprefix("sbgc.").split(".")
        ours = name.startswith("sbgc.") or is_there(PACKAGE, names[:1])  # not a setting or a function of a library
        assert is_there(PACKAGE, names) or not ours, name


def is_there(folder, names):
    """Whether dotted names lead to a package, a module or a word in one."""
    module = (folder / names[0]).with_suffix(".py")
    if module.is_file():
        return all(re.search(rf"\b{name}\b", text(module)) for name in names[1:])
    return (folder / names[0]).is_dir() and (len(names) == 1 or is_there(folder / names[0], names[1:]))
