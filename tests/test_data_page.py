"""What docs/data.md tells about images of one's own is true."""

import re

import yaml
from configurations import ROOT, loaded

PAGE = (ROOT / "docs" / "data.md").read_text()
(EXAMPLE,) = re.findall(r"```yaml\n(experiment: mine.*?)```", PAGE, re.DOTALL)


def test_the_example_is_shorter_than_fifteen_lines_and_is_accepted():
    assert len(EXAMPLE.splitlines()) < 15
    assert loaded(yaml.safe_load(EXAMPLE)).experiment == "mine"


def test_the_page_names_the_command_and_the_trick_that_runs_python():
    assert "snakemake --cores all --configfile mine.yaml" in PAGE
    assert "__use_yte__: true" in PAGE


def test_the_numbers_of_images_that_the_page_names_are_those_of_digits():
    digits = loaded({}).experiments["digits"].evaluations
    assert (digits["train"].images, digits["validation"].images, digits["test"].images) == (180, 120, 360)


def test_the_heights_that_the_page_names_are_allowed_and_no_others():
    for shape, heights in (([32, 32, 3], [32, 16]), ([12, 12, 1], [12, 6])):
        example = yaml.safe_load(EXAMPLE)
        example["experiments"]["mine"]["dataset"]["image_shape"] = shape
        example["experiments"]["mine"]["models"]["score"]["net"]["attention_sizes"] = heights
        assert loaded(example)
