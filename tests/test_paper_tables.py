import math

import pandas as pd
import pytest
from hand_tables import QUOTED, tables

from sbgc.procedures.paper import paper_tables, table_writer
from sbgc.procedures.paper.table_writer import Estimate, Missing

TABLES = tables()
ONE = paper_tables.table1(TABLES["metrics"], QUOTED)
TWO = paper_tables.table2(TABLES["corruption_means"], None, QUOTED)
THREE = paper_tables.table3(TABLES["adversarial"], QUOTED)


def row(table, model):
    return next(row for row in table.rows if row["model"] == model)


def test_table_1_shows_accuracy_in_percent_and_bits_per_dim_of_the_test_split():
    score = row(ONE, "score")
    assert score["accuracy_percent"].value == pytest.approx(200 / 3)
    assert score["bits_per_dim_marginal"].value == pytest.approx(-math.log2(2 / 27) / 6)
    assert score["bits_per_dim_conditional"].value == pytest.approx(-math.log2(0.55 * 0.75 * 0.20) / 6)
    assert (score["split"], score["num_images"], score["seeds"]) == ("test", 3, "0, 1")


def test_in_table_1_a_classifier_has_no_bits_per_dim_and_an_untested_model_was_not_run():
    assert row(ONE, "wide_resnet")["bits_per_dim_marginal"] is Missing.NOT_APPLICABLE
    assert row(ONE, "wide_resnet")["accuracy_percent"].value == 100.0
    untested = row(ONE, "untested")
    assert {untested[name] for name in ("accuracy_percent", "bits_per_dim_marginal", "split")} == {Missing.NOT_RUN}


def test_table_1_tells_the_error_of_the_grid():
    assert row(ONE, "score")["grid_bias_bits_per_dim"] == pytest.approx(-0.001)
    assert row(ONE, "score")["grid_rms_bits_per_dim"] == pytest.approx(0.002)
    assert row(ONE, "wide_resnet")["grid_rms_bits_per_dim"] is Missing.NOT_APPLICABLE
    assert row(ONE, "untested")["grid_rms_bits_per_dim"] is Missing.NOT_RUN
    assert "-0.0010" in table_writer.markdown(ONE)


def test_table_1_has_no_error_of_a_grid_where_no_model_is_solved_on_one():
    table = paper_tables.table1(of_models("metrics", "gaussian"), QUOTED)
    assert not any("grid" in column.name for column in table.columns)
    assert not any("grid" in note for note in table.notes)
    assert any("p(x)" in note for note in table.notes)


def test_table_1_says_of_a_discrete_model_that_it_takes_no_noise():
    discrete = TABLES["metrics"].assign(kind=TABLES["metrics"]["kind"].replace("gaussian", "pixelcnn"))
    notes = [note for note in paper_tables.table1(discrete, QUOTED).notes if "whole grey levels" in note]
    assert [note.split()[0] for note in notes] == ["gaussian"]
    assert not any("whole grey levels" in note for note in ONE.notes)


def test_table_2_holds_the_means_over_seeds_of_clean_and_corrupted_accuracies():
    score = row(TWO, "score")
    assert score["clean_accuracy_percent"].value == 75.0
    assert score["all_corruptions_accuracy_percent"].value == pytest.approx((12.5 + 25.0) / 2)
    assert score["without_noises_accuracy_percent"].value == pytest.approx((25.0 + 50.0) / 2)
    assert score["without_noises_accuracy_percent"].sd_over_seeds == pytest.approx(25.0 / math.sqrt(2))
    assert "every severity of these corruptions: fog, shot_noise." in table_writer.markdown(TWO)


def test_table_3_has_a_column_for_each_norm_and_epsilon_and_the_clean_accuracy_once():
    names = [column.name for column in THREE.columns if not column.name.startswith("paper")]
    bounds = [f"{norm}_{epsilon}_accuracy_percent" for norm in ("linf", "l2") for epsilon in ("0.03137", "0.5")]
    assert names[-7:] == ["clean_accuracy_percent", *bounds, "attacker_knows_noise", "unreliable_norms"]
    score = row(THREE, "score")
    assert score["clean_accuracy_percent"].value == 75.0
    assert score["linf_0.03137_accuracy_percent"].value == 75.0
    assert score["l2_0.5_accuracy_percent"].value == pytest.approx(12.5)


def test_the_clean_row_of_each_norm_is_one_seed_not_several():
    one_seed = TABLES["adversarial"][TABLES["adversarial"]["seed"] == 0]
    assert math.isnan(row(paper_tables.table3(one_seed, QUOTED), "score")["clean_accuracy_percent"].sd_over_seeds)


def test_norms_whose_checks_failed_are_named():
    """The second seed of the score model keeps the first image at the largest epsilon."""
    assert row(THREE, "score")["unreliable_norms"] == "l_inf, l_2"
    sound = TABLES["adversarial"].assign(unreliable="")
    assert row(paper_tables.table3(sound, QUOTED), "score")["unreliable_norms"] == "none"


def test_table_3_tells_whether_attacks_work_with_the_judges_noise():
    assert row(THREE, "score")["attacker_knows_noise"] == "yes"
    ignorant = TABLES["adversarial"].assign(knows_noise=False)
    assert row(paper_tables.table3(ignorant, QUOTED), "score")["attacker_knows_noise"] == "no"


def test_a_transferred_attack_is_not_in_table_3():
    transferred = TABLES["adversarial"].assign(attacked="gaussian-seed0", accuracy=0.0)
    both = paper_tables.table3(pd.concat([TABLES["adversarial"], transferred]), QUOTED)
    assert row(both, "score") == row(THREE, "score")
    alone = paper_tables.table3(transferred, QUOTED)
    assert row(alone, "score")["clean_accuracy_percent"] is Missing.NOT_RUN


def test_a_classifier_alone_has_its_accuracy_in_table_1_and_no_note_on_likelihoods():
    table = paper_tables.table1(of_models("metrics", "wide_resnet"), QUOTED)
    (net,) = (row for row in table.rows if row["origin"] == "measured")
    assert net["accuracy_percent"].value == 100.0
    assert net["bits_per_dim_marginal"] is Missing.NOT_APPLICABLE
    assert not any("p(x)" in note for note in table.notes)
    assert any("p(x) is the mean of p(x|y)" in note for note in ONE.notes)


def of_models(name, *models):
    table = TABLES[name]
    return table[table["model"].isin(models)]


def test_table_2_without_a_baseline_has_no_mce_and_says_so():
    """The hand-made means were to be measured against a WideResNet that is not among them."""
    assert row(TWO, "score")["mce_percent"] is Missing.NOT_APPLICABLE
    assert row(TWO, "score")["entropy_increase_nats"].value == pytest.approx(0.0)
    assert any(note.startswith("There is no mCE: no model is its baseline") for note in TWO.notes)
    assert table_writer.csv(TWO)["mce_percent"].isna().all()


def test_table_2_with_a_baseline_tells_how_many_corruptions_its_ratios_are_over():
    against = TABLES["corruption_means"].assign(mce_percent=50.0, mce_corruptions=2, relative_mce_corruptions=1)
    table = paper_tables.table2(against, None, QUOTED)
    assert row(table, "score")["mce_percent"].value == 50.0
    note = next(note for note in table.notes if note.startswith("mCE is"))
    assert "at which the baseline errs (2 of them)" in note
    assert "under which the baseline gets worse (1 of them)" in note


def test_table_2_of_extra_corruptions_alone_has_no_mean_over_the_main_ones():
    extra = TABLES["corruption_means"].query("average != 'main'")
    table = paper_tables.table2(extra, None, QUOTED)
    assert row(table, "score")["main_corruptions_accuracy_percent"] is Missing.NOT_RUN
    assert row(table, "score")["mce_percent"] is Missing.NOT_RUN


@pytest.mark.parametrize("table", [ONE, TWO, THREE], ids=lambda table: table.title)
def test_what_the_paper_printed_stands_in_columns_that_say_so_and_nowhere_else(table):
    quoted = row(table, "SBGC")
    numbers = {name for name, entry in quoted.items() if isinstance(entry, float)}
    assert numbers
    assert all(name.startswith("paper_") for name in numbers)
    titles = {column.name: column.title for column in table.columns}
    assert all(titles[name].startswith("paper: ") and "(CIFAR-10" in titles[name] for name in numbers)
    measured = [row for row in table.rows if row["origin"] == "measured"]
    assert {row[name] for row in measured for name in numbers} == {Missing.NOT_APPLICABLE}


def test_the_csv_of_table_1_holds_plain_numbers():
    table = table_writer.csv(ONE).set_index("model")
    assert table.loc["SBGC", ["paper_accuracy_percent_cifar10", "paper_bits_per_dim_cifar10"]].tolist() == [95.04, 3.11]
    assert table["accuracy_percent"].dtype == table["paper_bits_per_dim_cifar10"].dtype == float
    assert table.loc[["SBGC", "untested"], "accuracy_percent"].isna().all()


def test_a_model_that_learns_no_classes_has_no_accuracy_in_tables_1_and_2():
    metrics = TABLES["metrics"]
    of_px = metrics[metrics["metric"].eq("bits_per_dim_marginal") | metrics["model"].ne("score")]
    one = row(paper_tables.table1(of_px, QUOTED), "score")
    assert isinstance(one["bits_per_dim_marginal"], Estimate)
    assert {one[name] for name in ("accuracy_percent", "bits_per_dim_conditional")} == {Missing.NOT_APPLICABLE}
    means = TABLES["corruption_means"].assign(accuracy=math.nan, entropy_increase_nats=math.nan)
    two = row(paper_tables.table2(means, None, QUOTED), "score")
    assert {two["clean_accuracy_percent"], two["entropy_increase_nats"]} == {Missing.NOT_APPLICABLE}
