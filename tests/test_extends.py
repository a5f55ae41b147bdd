import pytest

from sbgc.config.extends import LONGEST_CHAIN, NAMED, TAGS, expanded, extended, merged
from sbgc.config.loading import Config
from sbgc.config.mistakes import line


def lines(experiments):
    return [line(mistake, "c") for mistake in expanded({"experiments": experiments})[1]]


def test_mappings_are_merged_key_by_key_and_all_else_is_replaced():
    below = {"a": {"b": 1, "c": {"d": 2}}, "e": [1, 2], "f": 3}
    above = {"a": {"c": {"g": 4}}, "e": [5], "f": {"h": 6}}
    assert merged(below, above) == {"a": {"b": 1, "c": {"d": 2, "g": 4}}, "e": [5], "f": {"h": 6}}
    assert below == {"a": {"b": 1, "c": {"d": 2}}, "e": [1, 2], "f": 3}


@pytest.mark.parametrize(
    ("key", "tag"), [("score", "kind"), ("likelihood", "procedure"), ("reference", "procedure"), ("sde", "name")]
)
def test_a_part_of_another_kind_replaces_the_one_below(key, tag):
    """Their keys are others; the key of the old one could not be taken away."""
    below = {key: {tag: "old", "a": 1}}
    assert merged(below, {key: {tag: "new", "b": 2}}) == {key: {tag: "new", "b": 2}}
    assert merged(below, {key: {tag: "old", "b": 2}}) == {key: {tag: "old", "a": 1, "b": 2}}
    assert merged(below, {key: {"b": 2}}) == {key: {tag: "old", "a": 1, "b": 2}}


def test_a_dataset_of_another_name_keeps_its_other_settings():
    assert merged({"dataset": {"name": "a", "seed": 0}}, {"dataset": {"name": "b"}})["dataset"]["seed"] == 0


def test_every_union_of_the_settings_is_known_to_the_merge():
    schema = Config.model_json_schema()["$defs"]
    found = {
        (key, part["discriminator"]["propertyName"])
        for settings in schema.values()
        for key, part in _unions(settings.get("properties", {}))
    }
    assert found
    assert all(tag in TAGS or (key in NAMED and tag == "name") for key, tag in found), found


def _unions(properties):
    """The parts of a schema that are one of several, with the key that each is of."""
    for key, part in properties.items():
        for inner in (part, *part.get("anyOf", []), *part.get("patternProperties", {}).values()):
            if "discriminator" in inner:
                yield key, inner


def test_an_experiment_takes_over_what_another_one_has_and_takes_over_itself():
    whole = {"experiments": {"c": {"extends": "b", "z": 3}, "b": {"extends": "a", "y": {"n": 2}}, "a": {"y": {"m": 1}}}}
    complete, mistakes = expanded(whole)
    assert not mistakes
    assert complete["experiments"] == {"a": {"y": {"m": 1}}, "b": {"y": {"m": 1, "n": 2}}} | {
        "c": {"y": {"m": 1, "n": 2}, "z": 3}
    }


def test_a_model_extends_one_that_its_experiment_takes_over():
    whole = {
        "experiments": {"a": {"models": {"m": {"x": 1}}}, "b": {"extends": "a", "models": {"n": {"extends": "m"}}}}
    }
    assert expanded(whole)[0]["experiments"]["b"]["models"] == {"m": {"x": 1}, "n": {"x": 1}}


def test_null_takes_a_part_away():
    whole = {"experiments": {"a": {"race": {"x": 1}}, "b": {"extends": "a", "race": None}}}
    assert expanded(whole)[0]["experiments"]["b"] == {"race": None}


@pytest.mark.parametrize(
    ("experiments", "told"),
    [
        ({"a": {"extends": "a"}}, ["a.extends = 'a': there is no other one to extend"]),
        ({"abc": {"extends": "bcde"}, "bcd": {}}, ["abc.extends = 'bcde': must be 'bcd' (did you mean bcd?)"]),
        ({"a": {"extends": 5}, "b": {}, "c": {}}, ["a.extends = 5: must be one of 'b', 'c'"]),
        ({"a": {"extends": None}, "b": {}, "c": {}}, ["a.extends = null: must be one of 'b', 'c'"]),
        ({"a": {"extends": ["b"]}, "b": {}}, ["a.extends = ['b']: must be 'b'"]),
        ({"a": {"extends": "a"}, "b": {}}, ["a.extends = 'a': must be 'b'"]),
        ({"a": {"extends": "b"}, "b": {"extends": "a"}}, ["a.extends = 'b': goes round in a circle: a -> b -> a"]),
        (
            {5: {"extends": "a"}, "a": {"extends": "b"}, "b": {"extends": "a"}},
            ["a.extends = 'b': goes round in a circle: a -> b -> a"],
        ),
        ({"a": {"extends": "b"}, "b": {"extends": "c"}}, ["b.extends = 'c': must be 'a'"]),
        (
            {"a": {"models": {"m": {"extends": "o"}, "n": {}}}},
            ["a.models.m.extends = 'o': must be 'n'"],
        ),
        (
            {"a": {"models": {"m": {"extends": "n"}, "n": {"extends": "m"}}}},
            ["a.models.m.extends = 'n': goes round in a circle: m -> n -> m"],
        ),
    ],
    ids=lambda value: str(value)[:50],
)
def test_a_wrong_extends_is_one_line(experiments, told):
    assert lines(experiments) == [f"c: experiments.{one}" for one in told]


def test_a_long_chain_is_one_line_and_a_shorter_one_is_written_out():
    def chain(length):
        return {f"e{number}": {"extends": f"e{number + 1}"} for number in range(length)} | {f"e{length}": {"x": 1}}

    assert expanded({"experiments": chain(LONGEST_CHAIN)})[0]["experiments"]["e0"] == {"x": 1}
    found = lines(chain(LONGEST_CHAIN + 1))
    assert found == ["c: experiments.e0.extends = 'e1': takes over from more than 20 others, one through another"]


@pytest.mark.parametrize("experiments", [None, 5, "x", [], {"a": None}, {"a": {"models": None}}, {"a": {"models": []}}])
def test_what_is_no_mapping_is_left_to_the_settings_to_refuse(experiments):
    assert expanded({"experiments": experiments}) == ({"experiments": experiments}, [])


def test_the_place_that_a_model_takes_over_is_found_through_its_experiment():
    whole = {
        "experiments": {
            "a": {"models": {"m": {}, "n": {"extends": "m"}}},
            "b": {"extends": "a", "models": {"n": {"x": 1}}},
        }
    }
    assert extended(whole, ("experiments", "b")) == ("experiments", "a")
    assert extended(whole, ("experiments", "a")) is None
    assert extended(whole, ("experiments", "b", "models", "n")) == ("experiments", "b", "models", "m")
    assert extended(whole, ("experiments", "b", "models", "m")) is None
