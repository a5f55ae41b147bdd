"""What an experiment makes: the tables, figures and pages that follow from the analyses that it names."""

from sbgc.config import explained
from sbgc.config.experiment import Experiment
from sbgc.config.members import grid_nodes, of_kinds
from sbgc.config.models import is_trained
from sbgc.config.spec import bottleneck_facts_of, flow_facts_of
from sbgc.figures.catalog import FIGURES, NEEDS_DENSITY

SUMMARIZED = ("metrics", "corruption_means", "adversarial", "convergence", "crosscheck", "decisions")


def ingredients(experiment: Experiment) -> set[str]:
    """The tidy tables and the splits that figures and pages can be made of."""
    sections = {
        "convergence": {"convergence"},
        "crosscheck": {"crosscheck"},
        "corruptions": {"corruptions", "corruption_means", "spectra", "contact_sheet"},
        "outliers": {"outliers", "roc"},
        "attacks": {"adversarial", "attacked_images"},
        "interpolation": {"interpolation", "interpolation_paths"},
        "samples": {"samples"},
        "labels": {"label_histogram", "label_detection"},
        "counterexample": {"counterexample"},
    }
    made = {"metrics", "confusion", "reliability", "table1", "train", "test"}
    made |= {"loss"} if any(map(is_trained, experiment.models.values())) else set()
    made |= {"grid_integrand", "grid_errors"} if grid_nodes(experiment) else set()
    made |= {"decisions", "classes"} if of_kinds(experiment, gives="log_prob", classes=True) else set()
    made |= {"decision_space", "class_similarity"} if explained.with_latents(experiment) else set()
    made |= {"heatmaps"} if explained.with_maps(experiment) else set()
    made |= {"betas"} if bottleneck_facts_of(experiment) else set()
    followed = experiment.attacks and experiment.attacks.trajectories and explained.attackable(experiment)
    made |= {"trajectories"} if followed else set()
    made |= {"attack_detection"} if _detects(experiment) else set()
    made |= {"transfers"} if experiment.attacks and experiment.attacks.transfers else set()
    for section, names in sections.items():
        made |= names if getattr(experiment, section) is not None else set()
    return made


def figures(experiment: Experiment) -> list[str]:
    """The figures, in the order of the catalog."""
    made, density = ingredients(experiment), bool(of_kinds(experiment, gives="log_prob", classes=True))
    return [
        name for name, needs in FIGURES.items() if made.issuperset(needs) and (density or name not in NEEDS_DENSITY)
    ]


def pages(experiment: Experiment) -> list[str]:
    """The tables for readers, each a .csv and a .md file."""
    made = ingredients(experiment)
    return [
        "table1_comparison",
        *(["table2_corruptions"] if "corruptions" in made else []),
        *(["table3_adversarial", "attack_checks"] if "adversarial" in made else []),
        *(["attack_detection"] if "attack_detection" in made else []),
        *(["crosscheck"] if "crosscheck" in made else []),
        *(["flows_comparison"] if flow_facts_of(experiment) else []),
        *(["bottleneck_comparison"] if bottleneck_facts_of(experiment) else []),
        *(["outlier_comparison"] if "outliers" in made else []),
    ]


def summarized(experiment: Experiment) -> list[str]:
    """The tidy tables that summary.md is written from."""
    return [name for name in SUMMARIZED if name in ingredients(experiment)]


def _detects(experiment: Experiment) -> bool:
    """Whether attacks are on densities, whose log p(x) is tested."""
    attacks = experiment.attacks
    return bool(attacks and attacks.detection and of_kinds(experiment, gives="log_prob", classes=True))
