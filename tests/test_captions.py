"""The report's captions render, name the experiment and invent no setting."""

from pathlib import Path

import docutils.core
import jinja2
import pytest
import yaml
from snakemake.iocontainers import Wildcards

from sbgc.figures.catalog import FIGURES

ROOT = Path(__file__).parent.parent
REPORT = ROOT / "workflow" / "report"
TABLES = (
    "table1_comparison",
    "table2_corruptions",
    "table3_adversarial",
    "attack_checks",
    "attack_detection",
    "crosscheck",
    "flows_comparison",
    "bottleneck_comparison",
    "outlier_comparison",
    "summary",
)
CAPTIONS = (*FIGURES, *TABLES)
STRICT = {"report_level": 1, "halt_level": 1}  # even a hint of docutils fails


class Job:
    """What Snakemake hands to a caption."""

    def __init__(self, config, **wildcards):
        self.config = config
        self.wildcards = Wildcards(fromdict=wildcards)


def render(name, job):
    environment = jinja2.Environment(trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined)
    text = environment.from_string((REPORT / f"{name}.rst").read_text()).render(snakemake=job)
    return docutils.core.publish_parts(text, writer="html", settings_overrides=STRICT)["html_body"]


@pytest.fixture(scope="module")
def config():
    return yaml.safe_load((ROOT / "config.yaml").read_text())


def test_every_figure_and_table_has_a_caption():
    assert {path.stem for path in REPORT.glob("*.rst")} == {*CAPTIONS, "workflow"}


@pytest.mark.parametrize("name", [*CAPTIONS, "workflow"])
def test_a_caption_names_its_experiment(name, config):
    assert config["experiment"] in render(name, Job(config))


def test_the_caption_of_ib_inns_tells_of_ten_crops_where_there_are_some(config):
    settings = config["experiments"][config["experiment"]]
    with_crops = {"experiments": {config["experiment"]: settings | {"ten_crops": {"images": 4}}}}
    told = [render("bottleneck_comparison", Job(one)) for one in (config, config | with_crops)]
    assert ["ten crops" in one for one in told] == [False, True]


@pytest.mark.parametrize("name", CAPTIONS)
def test_the_wildcard_names_the_experiment_where_there_is_one(name, config):
    settings = config["experiments"][config["experiment"]]
    other = config | {"experiments": config["experiments"] | {"elsewhere": settings}}
    assert "elsewhere" in render(name, Job(other, experiment="elsewhere"))


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_caption_says_what_is_drawn_what_to_look_for_and_what_not_to_conclude(name, config):
    html = render(name, Job(config))
    assert all(f"<em>{part}</em>" in html for part in ("Drawn.", "Look for.", "Caution."))


def test_captions_follow_the_configuration(config):
    settings = config["experiments"][config["experiment"]]
    changed = settings | {"metrics": settings["metrics"] | {"confidence": 0.8}}
    html = render("fig1_tradeoff", Job(config | {"experiments": {config["experiment"]: changed}}))
    assert "80 % bootstrap intervals" in html
