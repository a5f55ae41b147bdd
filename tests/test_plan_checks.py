from configurations import experiment, loaded, mine, refusal

from sbgc.config import plan_checks

OWN = {"name": "mine", "path": "mine.npz", "image_shape": [512, 512, 3], "levels": 256, "test": 10_000_000}
LARGE = {"dataset": OWN, "models": {"gaussian": None, "score": {"net": {"attention_sizes": []}}}}


def test_every_experiment_of_the_project_plans_little_enough():
    assert not [line for one in loaded({}).experiments.values() for line in plan_checks.mistakes(one)]


def test_too_many_trainings_are_one_line():
    (line,) = refusal(mine(seeds=list(range(100)), execution={"segments": 200}))
    assert line.startswith("mine.yaml: experiments.mine.execution: ")
    assert "trainings and shards are more than 10000; take fewer seeds, shards, images or draws" in line


def test_images_that_memory_cannot_hold_in_a_few_shards_are_one_line():
    (line,) = refusal(mine(**LARGE, evaluations={"test": {"images": 10_000_000, "draws": 10_000}}))
    assert "trainings and shards are more than 10000" in line


def test_more_files_than_a_command_line_holds_are_one_line():
    (line,) = refusal(mine(execution={"shards": 1000}))
    assert line == (
        "mine.yaml: experiments.mine.execution: one command would gather 800 files of the evaluation test, which "
        "are more than 550; take fewer seeds, shards, images or draws"
    )


def test_each_seed_of_each_model_counts():
    assert not list(plan_checks.mistakes(experiment(seeds=list(range(60)), execution={"shards": 1})))
    assert refusal(mine(seeds=list(range(80)), execution={"shards": 1}))


def test_the_attacks_on_a_model_and_those_on_others_are_gathered_together():
    """300 matrices of each, of three models with a hundred trainings."""
    absent = dict.fromkeys(("race", "outliers", "crosscheck"))
    transfers = {"methods": ["pgd_linf"], "epsilons": {"linf": 0.125}}
    few = {"execution": {"shards": 1}, "evaluations": {"train": None, "validation": None}, **absent}
    (line,) = refusal(mine(seeds=list(range(100)), attacks={"transfers": transfers}, **few))
    assert "one command would gather 600 files of attacks and transfers, which are more than 550" in line
    assert not list(plan_checks.mistakes(experiment(seeds=list(range(100)), **few)))
