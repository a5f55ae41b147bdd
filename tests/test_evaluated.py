import itertools

import pytest
from configurations import GAUSSIAN_ALONE, WIDE_RESNET_ALONE, experiment, loaded
from hypothesis import given
from hypothesis import strategies as st

from sbgc.config.evaluated import Evaluated, Part
from sbgc.config.evaluations import evaluations
from sbgc.config.members import of_kinds
from sbgc.config.sharding import SHARD_BYTES, pieces, shards

RACED = {"images": 10, "reach": 1.0}
ALL, DENSITIES, ESTIMATED = ("score", "gaussian", "wide_resnet"), ("score", "gaussian"), ("score",)


def evaluated(*images: int, draws: int = 1) -> Evaluated:
    parts = tuple(Part(f"part{number}", f"splits/{number}", count) for number, count in enumerate(images))
    return Evaluated("x", parts, ("model",), draws, 1)


@given(st.lists(st.integers(1, 200), min_size=1, max_size=30), st.integers(1, 300))
def test_shards_hold_every_image_of_every_part_once_and_in_order(images, number):
    one = evaluated(*images)
    found = [one.rows(shard, number) for shard in range(number)]
    rows = [(split, row) for ranges in found for split, start, stop in ranges for row in range(start, stop)]
    assert rows == [(part.split, row) for part in one.parts for row in range(part.images)]


@given(st.lists(st.integers(1, 200), min_size=1, max_size=30), st.integers(1, 300))
def test_shards_are_equal_to_an_image_and_no_range_is_empty(images, number):
    one = evaluated(*images)
    found = [one.rows(shard, number) for shard in range(number)]
    sizes = [sum(stop - start for _, start, stop in ranges) for ranges in found]
    assert max(sizes) - min(sizes) <= 1
    assert all(start < stop for ranges in found for _, start, stop in ranges)


@given(st.integers(1, 10_000), st.integers(1, 100), st.integers(1, 1000), st.sampled_from([1.0, 1 / 64]))
def test_an_evaluation_has_its_share_of_the_shards_of_the_largest(images, draws, most, cost):
    one, largest = evaluated(images, draws=draws), evaluated(10_000, draws=100)
    found = shards(one, largest, most, cost, dim=64)
    assert 1 <= found <= most
    assert shards(largest, largest, most, 1.0, dim=1) == most
    assert found <= shards(largest, largest, most, cost, dim=64)


def test_a_shard_holds_its_draws_in_memory():
    one = evaluated(10_000, draws=30)
    found = shards(one, one, 1, 1.0, dim=3072)
    assert found == 4
    assert 4 * 3072 * one.work / found <= SHARD_BYTES


def test_a_part_can_be_evaluated_by_itself():
    one = evaluated(5, 7)
    assert one.of_part("part1").parts == (one.parts[1],)
    assert (one.images, one.of_part("part1").images) == (12, 7)


def test_the_models_are_told_apart_by_what_their_kinds_give():
    digits = experiment()
    assert of_kinds(digits) == ALL
    assert of_kinds(digits, gives="log_prob") == DENSITIES
    assert of_kinds(digits, gives="logits") == ("wide_resnet",)
    assert of_kinds(digits, exact=False) == ESTIMATED
    assert of_kinds(digits, gives="log_prob", exact=True) == ("gaussian",)


def test_each_analysis_evaluates_the_models_that_it_is_about():
    found = evaluations(experiment(corruptions={"raced": RACED}))
    assert {name: one.models for name, one in found.items()} == {
        **dict.fromkeys(("train", "validation", "test", "corruptions", "attacks"), ALL),
        **dict.fromkeys(("convergence", "interpolation", "outliers"), DENSITIES),
        **dict.fromkeys(
            ("crosscheck_own", "crosscheck_reference", "screening", "race", "raced_corruptions"), ESTIMATED
        ),
        "all_corruptions": ("gaussian", "wide_resnet"),
    }
    assert {name for name, one in found.items() if one.races} == {"race", "raced_corruptions"}


def test_each_model_judges_the_attacks_on_all_others_within_one_bound_as_it_judges_those_on_itself():
    transfers = {"methods": ["pgd_l2", "noise_linf"], "epsilons": {"linf": 0.125, "l2": 0.5}}
    digits = experiment(attacks={"transfers": transfers})
    own, others = (evaluations(digits)[name] for name in ("attacks", "transfers"))
    assert (others.models, others.draws, others.likelihood) == (own.models, own.draws, own.likelihood)
    found = {model: [(part.split, part.images, part.first) for part in others.by(model).parts] for model in ALL}
    assert found == {
        model: [
            (f"attacks/{other}/seed{{seed}}/{name}", 16, 16 * place)  # of bounds in ascending order
            for other in ALL
            for name, place in (("pgd_l2", 1), ("noise_linf", 2))
            if other != model
        ]
        for model in ALL
    }
    assert others.by("score").work == 2 * 2 * 16
    assert others.by("score").rows(0, 2)[1] == ("attacks/gaussian/seed{seed}/noise_linf", 32, 48)
    assert pieces(digits, "score")["transfers"] == pieces(digits, "score")["attacks"] == 1
    assert own.by("score") == own


def test_ten_crops_are_scored_where_that_is_exact_and_are_ten_times_the_work():
    crops = {"border": 1, "fill": "edge", "mirrored": False}
    ten = {"images": 20, "draws": 2, "crops": crops}
    found = evaluations(experiment(ten_crops=ten))["ten_crops"]
    assert (found.models, found.parts) == (("gaussian", "wide_resnet"), (Part("test", "test", 20),))
    assert found.work == 20 * 2 * 5
    mirrored = {"ten_crops": ten | {"crops": crops | {"mirrored": True}}, "models": {"wide_resnet": None}}
    found = evaluations(experiment(**mirrored, corruptions={"baseline": None}))["ten_crops"]
    assert (found.models, found.work) == (("gaussian",), 20 * 2 * 10)
    of_clusters = evaluations(loaded({}).experiments["digits_ibinn"])["ten_crops"].models
    assert "beta_0" not in of_clusters
    assert {"beta_1", "resnet", "gaussian"} <= set(of_clusters)


def test_races_draw_by_the_likelihood_of_the_evaluation_that_they_learn_from():
    bound = {"procedure": "elbo", "samples": 20, "levels": "gaps"}
    learned = {"evaluations": {"bound": {"split": "validation", "images": 20, "draws": 2, "likelihood": bound}}}
    own = evaluations(experiment(corruptions={"raced": RACED}))
    other = evaluations(experiment(corruptions={"raced": RACED}, **learned, race={"variances": "bound"}))
    for name in ("race", "raced_corruptions"):
        assert own[name].likelihood is None
        assert other[name].likelihood == other["bound"].likelihood
        assert other[name].likelihood.samples == 20


@pytest.mark.parametrize(
    ("section", "names"),
    [
        ("convergence", {"convergence"}),
        ("crosscheck", {"crosscheck_own", "crosscheck_reference"}),
        ("race", {"race", "screening"}),
        ("corruptions", {"corruptions"}),
        ("attacks", {"attacks"}),
        ("interpolation", {"interpolation"}),
        ("samples", set()),
    ],
)
def test_without_a_section_its_evaluations_are_not_made_and_the_others_are_the_same(section, names):
    all_of_them, left = evaluations(experiment()), evaluations(experiment(**{section: None}))
    assert set(all_of_them) - set(left) == names
    assert all(left[name] == all_of_them[name] for name in left)


def test_an_experiment_of_one_model_evaluates_nothing_of_others():
    for alone, model in ((GAUSSIAN_ALONE, "gaussian"), (WIDE_RESNET_ALONE, "wide_resnet")):
        assert {one.models for one in evaluations(experiment(**alone)).values()} == {(model,)}


def test_images_are_counted_with_their_severities_strengths_and_points():
    found = evaluations(experiment())
    digits = experiment()
    assert found["corruptions"].images == 5 * 20 * len(digits.corruptions.kinds)
    assert found["attacks"].images == 16 * (1 + 3 * 4)  # before, and three attacks within four bounds
    assert found["interpolation"].images == 12 * 24
    assert found["screening"].parts == (Part("validation", "validation", 120),)
    assert found["test"].work == 360 * 4


def test_what_is_damaged_has_a_part_for_each_damage():
    found = evaluations(experiment(corruptions={"kinds": ["fog", "snow"], "noises": [], "raced": RACED}))
    assert [part.split for part in found["corruptions"].parts] == ["corruptions/fog", "corruptions/snow"]
    assert [part.split for part in found["raced_corruptions"].parts] == [
        "raced_corruptions/fog",
        "raced_corruptions/snow",
    ]
    assert [part.split for part in found["attacks"].parts] == [
        f"attacks/{{model}}/seed{{seed}}/{name}" for name in ("clean", "pgd_linf", "pgd_l2", "noise_linf")
    ]


def test_every_evaluation_of_a_model_is_made_in_pieces():
    digits = experiment(execution={"shards": 7})
    for model in digits.models:
        found = pieces(digits, model)
        assert set(found) == {name for name, one in evaluations(digits).items() if model in one.models}
        assert all(1 <= number <= 7 for number in found.values())
    assert pieces(digits, "score")["race"] == 7
    assert max(pieces(digits, "score").values()) == 7
    assert set(itertools.chain(pieces(digits, "gaussian").values())) == {1}


def test_a_flow_that_learns_no_classes_is_scored_and_corrupted_but_never_asked_for_a_class():
    swept = loaded({}).experiments["cifar10_ibinn"]
    without = "beta_0"
    assert without in of_kinds(swept, gives="log_prob")
    assert without not in of_kinds(swept, gives="log_prob", classes=True)
    asked = {name for name, one in evaluations(swept).items() if without in one.models}
    assert asked == {"train", "validation", "test", "corruptions", "outliers"}
    assert "beta_1" in evaluations(swept)["attacks"].models
