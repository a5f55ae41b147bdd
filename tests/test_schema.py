import jsonschema
import pytest
from configurations import ROOT, SOURCES, mine
from jsonschema import Draft202012Validator

from sbgc.config.file import read
from sbgc.config.schema import json_schema
from sbgc.steps import write_schema

COMMITTED = ROOT / "workflow" / "schemas" / "config.schema.json"
COMMAND = "python -m sbgc.steps.write_schema --out workflow/schemas/config.schema.json"


@pytest.fixture(scope="module")
def validator() -> jsonschema.protocols.Validator:
    schema = json_schema()
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def test_the_committed_schema_is_the_one_of_the_models(tmp_path):
    write_schema.main(["--out", str(tmp_path / "schema.json")])
    assert COMMITTED.read_text() == (tmp_path / "schema.json").read_text(), f"sbgc.config has changed; run: {COMMAND}"


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
def test_the_schema_accepts_every_file_of_the_project(validator, source):
    assert not list(validator.iter_errors(source.values))


def test_the_schema_accepts_a_file_that_holds_a_part(validator):
    assert not list(validator.iter_errors(read(ROOT / "tests" / "tiny.yaml")))
    without = {"epsilons": {"linf": None}, "methods": {"pgd_linf": None}}
    assert not list(validator.iter_errors(mine(attacks=without)))
    assert not list(validator.iter_errors(mine(models={"gaussian": None, "other": {"extends": "score"}}, race=None)))


@pytest.mark.parametrize(
    "changes",
    [
        {"models": {"score": {"sde": {"beta_min": -0.1}}}},
        {"models": {"score": {"sde": {"beta_mn": 0.1}}}},
        {"models": {"score": {"sde": {"name": "edm"}}}},
        {"models": {"score": {"kind": "score", "shrinkage": 0.1}}},
        {"models": {"A-b": {"extends": "score"}}},
        {"models": None},
        {"evaluations": {"a b": None}},
        {"dataset": {"num_classes": 1}},
        {"extend": "digits"},
    ],
    ids=str,
)
def test_the_schema_refuses_what_one_setting_alone_can_break(validator, changes):
    assert not validator.is_valid(mine(**changes))
