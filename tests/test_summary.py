from hand_tables import of_test, tables

from sbgc.procedures.paper.summary import summary

TABLES = tables()
TEXT = summary(TABLES, of_test())


def headline(*parts):
    """The cells of the headline row that begins with these."""
    rows = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in TEXT.replace("\\|", "!").splitlines()]
    return next(row for row in rows if row[: len(parts)] == list(parts))


def test_each_headline_number_has_its_interval_its_provenance_and_its_command():
    row = headline("score", "accuracy %")
    assert row[2].startswith("66.7 [0.0, 100.0]")
    assert row[3:8] == ["digits", "test", "3", "1", "0, 1"]
    assert row[8] == "`snakemake --cores all results/digits/tables/metrics.parquet`"


def test_corruptions_attacks_convergence_and_the_cross_check_have_headlines():
    assert headline("score", "accuracy %, mean over corruptions")[2].startswith("18.8 [")
    assert headline("score", "accuracy %, linf attack, epsilon 0.03137")[2].startswith("75.0 [")
    assert headline("score", "accuracy % by draws")[2] == "66.7 ± 0.0 (2 sd over subsets of the draws)"
    assert headline("score", "accuracy % by draws", "66.7")[6] == "2"
    assert headline("score", "fast against reference procedure: same decision (fraction)")[2] == "1"


def test_races_stand_beside_all_draws():
    assert headline("score", "accuracy %, racing")[2].startswith("33.3 [")
    assert headline("score", "accuracy %, racing")[6] == "up to 2"
    assert headline("score", "network evaluations an image, racing")[2] == "120"
    assert headline("score", "decisions % that racing takes otherwise than all draws")[2] == "33.3"


def test_the_provenance_names_commit_code_device_and_packages():
    for fact in ("c0ffee", "abc", "cpu", "Packages: numpy 2.0.", "procedure fast"):
        assert fact in TEXT.split("## Provenance")[1]


def test_what_was_not_run_is_said():
    missing = TEXT.split("## Not run")[1]
    assert "CIFAR-10: not run" in missing
    assert "- test: not run for untested." in missing
    assert "- adversarial: not run for gaussian, wide_resnet, untested." in missing
    assert "bits/dim of wide_resnet: n/a" in missing
    assert "seeds other than" not in missing


def test_a_single_seed_is_said_to_hold_no_spread_over_seeds():
    one = {name: table[table["seed"] == 0] for name, table in TABLES.items()}
    assert "Training seeds other than 0: not run" in summary(one, of_test()[:1])


def test_the_confidence_of_the_intervals_is_stated():
    assert "[a, b] is a 95 % confidence interval" in TEXT
