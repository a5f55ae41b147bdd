"""README.md and the other pages: their links, their example of a configuration, and the version that they name."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml

import sbgc
from sbgc.config.file import read
from sbgc.config.loading import Source, load

ROOT = Path(__file__).parents[1]
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]
LINK = re.compile(r"\]\(([^)\s]+)\)")
README = (ROOT / "README.md").read_text(encoding="utf-8")
MINE = re.search(r"```yaml\n(.+?)```", README, re.DOTALL)[1]
FILES = [ROOT / "config.yaml", *sorted((ROOT / "experiments").glob("*.yaml"))]


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_of_a_page_leads_to_a_file_and_to_a_heading_in_it(page):
    for link in LINK.findall(page.read_text(encoding="utf-8")):
        if not link.startswith("https://"):
            path, _, anchor = link.partition("#")
            target = (page.parent / path) if path else page
            assert target.exists(), link
            assert not anchor or anchor in anchors(target), link


def test_the_readme_is_one_page():
    assert len(README.splitlines()) <= 110


def test_the_readmes_example_of_ones_own_data_is_a_configuration_of_under_15_lines():
    sources = [Source(str(file), read(file)) for file in FILES]
    config = load(*sources, Source("mine.yaml", yaml.safe_load(MINE)))
    assert config.experiments[config.experiment].dataset.path == "/data/mine"
    assert len(MINE.splitlines()) < 15


def test_every_experiment_that_the_readme_names_is_there():
    names = set(re.findall(r"experiment=(\w+)", README)) | set(re.findall(r"experiment `(\w+)`", README))
    assert names
    assert names <= load(*(Source(str(file), read(file)) for file in FILES)).experiments.keys()


def test_the_version_is_the_same_wherever_it_stands():
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    newest = re.search(r"## \[(.+?)\] - (.+)", (ROOT / "CHANGELOG.md").read_text())
    assert (citation["version"], str(citation["date-released"])) == newest.groups()
    assert newest[1] == version
    assert sbgc.__version__ == version
