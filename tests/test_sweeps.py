import pytest
from configurations import loaded

from sbgc.config import sweeps
from sbgc.config.mistakes import ConfigError, line

PLACE = ("experiments", "e", "models")


def written(models):
    """The models of an experiment, and what is told."""
    found = sweeps.written_out({"experiments": {"e": {"models": models}}})
    return found.complete["experiments"]["e"]["models"], [line(found.told(one), "c") for one in found.mistakes]


def test_a_sweep_is_one_model_for_each_value_in_the_place_of_its_own():
    model = {
        "kind": "x",
        "loss": {"beta": 9, "noise": 0.1},
        "sweep": {"setting": "loss.beta", "values": [0, 0.5, "inf"]},
    }
    models, told = written({"a": {"kind": "y"}, "m": model, "z": {"kind": "w"}})
    assert told == []
    assert list(models) == ["a", "m_0", "m_0_5", "m_inf", "z"]
    assert [models[f"m_{name}"]["loss"] for name in ("0", "0_5", "inf")] == [
        {"beta": value, "noise": 0.1} for value in (0, 0.5, "inf")
    ]
    assert type(models["m_0"]["loss"]["beta"]) is int
    assert all("sweep" not in one for one in models.values())
    assert "sweep" in model


@pytest.mark.parametrize(
    ("sweep", "told"),
    [
        ({"setting": "a.b", "values": []}, ".values = []: must have at least one entry"),
        ({"setting": "a.b", "values": [1, 1]}, ".values = [1, 1]: must not repeat 1"),
        ({"setting": "a..b", "values": [1]}, ".setting = 'a..b': must be the place of a setting within the model"),
        ({"values": [1]}, ".setting: this key is missing"),
        (5, " = 5: must be a mapping of keys to values"),
        ({"setting": "a", "values": [7]}, ": makes a model m_7, and there is another one of that name"),
        ({"setting": "a", "values": [1.5, "1_5"]}, ": makes a model m_1_5, and there is another one of that name"),
        ({"setting": "a", "values": ["Adam"]}, ": makes a model 'm_Adam', which must be a name of at most 40"),
    ],
    ids=str,
)
def test_a_mistaken_sweep_is_one_line(sweep, told):
    _, (found,) = written({"m": {"sweep": sweep}, "m_7": {}})
    assert found.startswith(f"c: experiments.e.models.m.sweep{told}"), found


def test_two_sweeps_cannot_make_one_model():
    """Nothing is left out in silence."""
    one, other = ({"sweep": {"setting": "a", "values": values}} for values in (["1_2"], [2]))
    models, (told,) = written({"m": one, "m_1": other})
    assert list(models) == ["m_1_2"]
    assert told == "c: experiments.e.models.m_1.sweep: makes a model m_1_2, and there is another one of that name"


def test_names_hold_numbers_without_points_and_signs():
    models, told = written({"m": {"sweep": {"setting": "a", "values": [1.0e-5, -2, 12345678]}}})
    assert told == []
    assert list(models) == ["m_1e_05", "m__2", "m_12345678"]


def test_a_mistake_that_all_models_of_a_sweep_share_is_told_once_at_their_place():
    sweep = {"setting": "shrinkage", "values": [0.1, 0.2]}
    models = {"gaussians": {"kind": "gaussian", "sweep": sweep, "shrink": 1}}
    with pytest.raises(ConfigError) as refused:
        loaded({"experiments": {"digits": {"models": models}}})
    (told,) = str(refused.value).splitlines()
    assert "experiments.digits.models.gaussians.shrink = 1: " in told


def test_an_experiment_changes_a_sweep_that_it_takes_over():
    sweep = {"setting": "shrinkage", "values": [0.1, 0.2]}
    experiments = {
        "first": {"extends": "digits", "models": {"gaussians": {"kind": "gaussian", "sweep": sweep}}},
        "other": {"extends": "first", "models": {"gaussians": {"sweep": {"values": [0.3]}}}},
    }
    models = loaded({"experiments": experiments}).experiments["other"].models
    assert [name for name in models if name.startswith("gaussians")] == ["gaussians_0_3"]
    assert models["gaussians_0_3"].shrinkage == 0.3


def test_null_takes_an_inherited_sweep_away():
    sweep = {"setting": "shrinkage", "values": [0.1, 0.2]}
    experiments = {
        "first": {"extends": "digits", "models": {"gaussians": {"kind": "gaussian", "sweep": sweep}}},
        "other": {"extends": "first", "models": {"gaussians": {"sweep": None, "shrinkage": 0.3}}},
    }
    models = loaded({"experiments": experiments}).experiments["other"].models
    assert [name for name in models if name.startswith("gaussians")] == ["gaussians"]
    assert models["gaussians"].shrinkage == 0.3
