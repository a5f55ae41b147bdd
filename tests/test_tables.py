"""What figures ask of tables."""

import figure_tables
import pandas as pd

from sbgc.figures import tables


def test_a_second_model_of_a_kind_has_its_own_name_and_marker():
    table = pd.concat([figure_tables.table([{}], "score"), figure_tables.table([{}], "score").assign(model="score_ve")])
    first, second = tables.series(table)
    assert (first.label, second.label) == ("Score model", "Score model (ve)")
    assert first.look.color == second.look.color
    assert first.look.marker != second.look.marker


def test_a_model_whose_name_does_not_begin_with_its_kind_keeps_it():
    (found,) = tables.series(figure_tables.table([{}], "score").assign(model="deep"))
    assert found.label == "deep"


def test_seeds_are_told_apart_where_there_are_several():
    table = pd.concat([figure_tables.table([{}], "score", seed) for seed in (0, 1)])
    assert [one.title for one in tables.series(table)] == ["Score model, seed 0", "Score model, seed 1"]
    assert [one.label for one in tables.series(table)] == ["Score model"] * 2


def test_numbers_are_a_span_where_rows_differ():
    assert tables.number([360, 360], "images") == "360 images"
    assert tables.number([1], "draws") == "1 draw"
    assert tables.number([16, 1000], "images") == "16–1,000 images"


def test_some_models_are_evenly_spaced_the_first_and_the_last_among_them():
    every = pd.concat([figure_tables.decisions().query("rank == 1")])
    assert [one.label for one in tables.some(every, 4)] == ["beta_1", "beta_2", "beta_32", "beta_8"]
    assert [one.label for one in tables.some(every, 2)] == ["beta_1", "beta_8"]
    assert [one.label for one in tables.some(every, 1)] == ["beta_1"]


def test_the_first_seed_is_the_smallest_and_few_of_many_images_are_the_first():
    twice = pd.concat([figure_tables.decisions().assign(seed=seed) for seed in (3, 1)])
    assert set(tables.first_seed(twice).seed) == {1}
    assert tables.first_of(twice, 3) == "the first 3 of 4 images"
    assert tables.first_of(twice, 4) == "4 images"
