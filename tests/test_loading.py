import pytest
from configurations import SOURCES, loaded, mine, refusal

from sbgc.config.loading import Source, load
from sbgc.config.mistakes import MOST_LINES, ConfigError


def refused(*sources: tuple[str, dict]) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load(*SOURCES, *(Source(*source) for source in sources))
    return str(caught.value).split("\n")


def of_digits(**changes):
    return {"experiments": {"digits": changes}}


def test_later_files_win_key_by_key():
    whole = loaded({**mine(strata=2), "downloads": {"folder": "/data"}})
    assert whole.experiment == "mine"
    assert whole.downloads.folder == "/data"
    assert whole.downloads.mnist == load(*SOURCES).downloads.mnist
    assert whole.experiments["mine"].strata == 2
    assert whole.experiments["mine"].dataset == whole.experiments["digits"].dataset


def test_files_are_looked_for_in_the_folder_first():
    downloads = loaded({"downloads": {"folder": "/data", "mnist": ["https://a.mirror/"]}}).downloads
    assert downloads.sources("mnist") == ["/data", "https://a.mirror/"]
    assert downloads.sources("digits") == ["/data"]


def test_a_mistake_is_told_of_the_last_file_that_has_a_say_in_the_place():
    low, high = of_digits(seeds=[-1]), of_digits(seeds=[-2])
    assert refused(("a.yaml", low), ("b.yaml", {})) == ["a.yaml: experiments.digits.seeds[0] = -1: must be at least 0"]
    assert refused(("a.yaml", low), ("b.yaml", high)) == [
        "b.yaml: experiments.digits.seeds[0] = -2: must be at least 0"
    ]
    (line,) = refused(("a.yaml", {}), ("--config", {"experiment": "none"}))
    assert line.startswith("--config: experiment = 'none': must be one of 'digits', 'bgdigits', ")


def test_a_key_that_no_file_has_is_told_of_the_file_that_has_most_of_its_place():
    whole = {"experiments": {"one": {"dataset": {"name": "mnist"}}}}
    assert "mine.yaml: experiments.one.dataset.levels: this key is missing" in refused(("mine.yaml", whole))
    with pytest.raises(ConfigError, match=r"^a\.yaml: experiment: this key is missing\n"):
        load(Source("a.yaml", {}), Source("--config", {}))


def test_mistakes_of_several_files_have_a_line_each():
    assert refused(("a.yaml", of_digits(strata=3)), ("b.yaml", of_digits(seeds=[0, 0]))) == [
        "b.yaml: experiments.digits.seeds = [0, 0]: must not repeat 0",
        "a.yaml: experiments.digits.strata = 3: must be a power of two",
    ]


def test_a_mistake_is_not_told_again_of_those_that_take_it_over():
    wrong = of_digits(models={"score": {"sde": {"beta_max": 300}}})
    assert refused(("mine.yaml", wrong)) == [
        "mine.yaml: experiments.digits.models.score.sde.beta_max = 300: must be at most 159.9, or float32 overflows"
    ]
    for part in (None, 5, {"models": None}, {"dataset": []}):  # mnist_flows takes them over from mnist, which does
        (line,) = refused(("mine.yaml", {"experiments": {"digits": part}}))
        assert line.endswith(": must be a mapping of keys to values"), line


def test_a_mistake_of_an_experiment_s_own_is_told_beside_that_of_the_one_it_extends():
    wrong = {"experiments": {"digits": {"strata": 3}, "digits_all": {"seeds": [0, 0]}}}
    assert refused(("mine.yaml", wrong)) == [
        "mine.yaml: experiments.digits.strata = 3: must be a power of two",
        "mine.yaml: experiments.digits_all.seeds = [0, 0]: must not repeat 0",
    ]


def test_a_wrong_extends_hides_what_is_not_known_because_of_it_and_nothing_else():
    whole = {"downloads": {"folder": 5}, "experiments": {"one": {"extends": "digit"}}}
    extends, folder = refused(("mine.yaml", whole))
    assert extends.startswith("mine.yaml: experiments.one.extends = 'digit': must be one of 'digits', ")
    assert folder == "mine.yaml: downloads.folder = 5: must be text"
    (line,) = refused(("mine.yaml", mine(models={"other": {"extends": "scor"}})))
    assert line.startswith("mine.yaml: experiments.mine.models.other.extends = 'scor': must be one of 'score', ")


def test_a_list_of_very_many_mistakes_is_cut():
    lines = refusal({"experiments": {f"e{number}": 5 for number in range(150)}})
    assert len(lines) == MOST_LINES + 1
    assert lines[-1] == "and 100 mistakes more"


def test_the_results_of_an_experiment_have_a_folder_of_their_own():
    (line,) = refusal({"experiments": {"raw": {"extends": "digits"}}})
    assert line == "mine.yaml: experiments.raw: a folder of the results has this name; choose another"


def test_the_trick_that_runs_python_in_a_configuration_is_refused():
    """Snakemake has run it by then: docs/data.md says so."""
    (line,) = refusal({"__use_yte__": True})
    assert line.startswith("mine.yaml: __use_yte__ = true: no such key")
