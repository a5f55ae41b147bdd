import pytest
from configurations import GAUSSIAN_ALONE, OPTIONAL, ROOT, WIDE_RESNET_ALONE, experiment, loaded

from sbgc import contents
from sbgc.figures.catalog import FIGURES

FIGURES_OF = {
    "ten_crops": [],
    "convergence": ["fig3_convergence"],
    "interpolation": ["fig2_interpolation", "interpolated_classes"],
    "corruptions": ["fig4_corruptions", "contact_sheet", "lowpass"],
    "outliers": ["roc_curves"],
    "attacks": ["adversarial", "attacked_images"],
    "samples": ["samples"],
    "labels": ["wrong_labels"],
    "counterexample": ["counterexample"],
    "explanations": [],  # of digits_ibinn
    "crosscheck": [],
    "race": [],
}
PAGES_OF = {
    "corruptions": ["table2_corruptions"],
    "outliers": ["outlier_comparison"],
    "attacks": ["table3_adversarial", "attack_checks"],
    "crosscheck": ["crosscheck"],
}
SUMMARIZED_OF = {
    "corruptions": ["corruption_means"],
    "attacks": ["adversarial"],
    "convergence": ["convergence"],
    "crosscheck": ["crosscheck"],
}
PAGES = [
    "table1_comparison",
    "table2_corruptions",
    "table3_adversarial",
    "attack_checks",
    "crosscheck",
    "outlier_comparison",
]
EXPLAINING = ["decision_space", "class_similarity", "heatmaps"]
ELSEWHERE = ("detected_attacks", "trajectories", "transfers", "beta_tradeoff", *EXPLAINING)
OF_DIGITS = [one for one in FIGURES if one not in ELSEWHERE]
DETECTION = {"reference": "train", "false_positive_rate": 0.05, "within": {}}


def test_the_default_experiment_makes_everything_but_what_is_of_ib_inn():
    digits = experiment()
    assert contents.figures(digits) == OF_DIGITS
    assert contents.pages(digits) == PAGES
    assert contents.summarized(digits) == list(contents.SUMMARIZED)


@pytest.mark.parametrize("section", OPTIONAL)
def test_a_section_that_is_left_out_takes_its_figures_and_tables_with_it(section):
    digits = experiment(**{section: None})
    assert contents.figures(digits) == [one for one in OF_DIGITS if one not in FIGURES_OF[section]]
    assert contents.pages(digits) == [one for one in PAGES if one not in PAGES_OF.get(section, [])]
    assert contents.summarized(digits) == [
        one for one in contents.SUMMARIZED if one not in SUMMARIZED_OF.get(section, [])
    ]


def test_an_experiment_without_analyses_shows_its_models():
    digits = experiment(**dict.fromkeys(OPTIONAL))
    shown = ["fig1_tradeoff", "loss_curve", "grid", "confusion_matrix", "reliability_diagram"]
    assert contents.figures(digits) == shown
    assert contents.pages(digits) == ["table1_comparison"]
    assert contents.summarized(digits) == ["metrics", "decisions"]


def test_the_gaussian_alone_has_no_training_no_samples_and_no_second_procedure():
    alone = experiment(**GAUSSIAN_ALONE)
    assert set(OF_DIGITS) - set(contents.figures(alone)) == {"samples", "loss_curve", "grid"}
    assert contents.pages(alone) == [one for one in PAGES if one != "crosscheck"]
    assert "classes" in contents.ingredients(alone)


def test_the_wide_resnet_alone_has_nothing_of_a_density():
    alone = experiment(**WIDE_RESNET_ALONE)
    without = {
        "fig2_interpolation",
        "fig3_convergence",
        "samples",
        "lowpass",
        "grid",
        "wrong_labels",
        "interpolated_classes",
        "roc_curves",
    }
    assert set(OF_DIGITS) - set(contents.figures(alone)) == without
    assert contents.pages(alone) == PAGES[:4]
    assert contents.summarized(alone) == ["metrics", "corruption_means", "adversarial"]
    assert not {"decisions", "classes"} & contents.ingredients(alone)


def test_attacks_that_are_transferred_have_a_figure_of_their_own():
    transfers = {"methods": ["pgd_l2"], "epsilons": {"l2": 1.0}}
    made = contents.figures(experiment(attacks={"transfers": transfers}))
    assert [one for one in made if one not in OF_DIGITS] == ["transfers"]


def test_ib_inns_have_a_table_and_a_figure_of_their_own():
    ib_inns = loaded({}).experiments["digits_ibinn"]
    assert "beta_tradeoff" in contents.figures(ib_inns)
    assert "bottleneck_comparison" in contents.pages(ib_inns)
    assert contents.figures(ib_inns)[-3:] == EXPLAINING


def test_explanations_show_what_their_models_have():
    section = {"images": [0], "draws": 1, "contrast": 1.0, "samples": 100}
    of_maps = experiment(explanations=section | {"models": ["gaussian", "score"]})
    assert [one for one in contents.figures(of_maps) if one in EXPLAINING] == ["heatmaps"]
    dense = {"extends": "digits_ibinn", "models": {"beta": {"net": {"dense": 4}}}}
    mixed = loaded({"experiments": {"mixed": dense | {"explanations": section | {"models": ["beta_1"]}}}})
    made = contents.figures(mixed.experiments["mixed"])
    assert [one for one in made if one in EXPLAINING] == ["decision_space", "class_similarity"]


def test_attacks_are_detected_where_there_is_a_density():
    """In a table and a figure of their own."""
    attacks = {"attacks": {"detection": DETECTION}}
    found = experiment(**attacks)
    assert "attack_detection" in contents.pages(found)
    assert "detected_attacks" in contents.figures(found)
    alone = experiment(**WIDE_RESNET_ALONE, **attacks)
    assert "attack_detection" not in contents.pages(alone)
    assert "detected_attacks" not in contents.figures(alone)


@pytest.mark.parametrize("changes", [{}, GAUSSIAN_ALONE, WIDE_RESNET_ALONE, dict.fromkeys(OPTIONAL)], ids=str)
def test_every_figure_and_page_has_a_caption_for_the_report(changes):
    found = experiment(**changes)
    for name in (*contents.figures(found), *contents.pages(found)):
        assert (ROOT / "workflow" / "report" / f"{name}.rst").is_file(), name
