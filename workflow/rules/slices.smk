# What of the configuration each step sees, as JSON. An edit reruns what reads the slice it falls in, and nothing else.
from sbgc.provenance import as_json


def dataset_slice(wildcards):
    """What stands in dataset.json."""
    return as_json(experiment(wildcards).dataset.model_dump(exclude={"path"}))


def evaluation_slice(wildcards):
    """What stands in evaluations/{evaluation}.json."""
    split, images, part, _ = evaluations(wildcards.experiment)[wildcards.evaluation]
    facts = {"evaluation": wildcards.evaluation, "split": split, "images": images}
    facts |= {"draws": part.draws, "dequantization": part.dequantization.model_dump()}
    return as_json(facts | {"seed": experiment(wildcards).dataset.seed, "likelihood": part.likelihood.model_dump()})


def model_slice(wildcards):
    """What stands in {model}/spec.json."""
    e = experiment(wildcards)
    parts = {"dataset": e.dataset.model_dump(exclude={"path"}), "settings": e.models[wildcards.model].model_dump()}
    return as_json(dict(wildcards.items()) | parts)


def step_slice(wildcards):
    """What stands in settings/{settings}.json: what one step needs, and nothing that concerns another."""
    e = experiment(wildcards)
    seed, attacks = {"seed": e.dataset.seed}, e.attacks.model_dump(exclude={"likelihood", "norms"})
    slices = {
        "race": e.race.model_dump(include={"screen", "likelihood", "draws", "reach", "error"}),
        "samples": e.samples.model_dump(),
        "metrics": e.metrics.model_dump() | seed,
        "interpolation": e.interpolation.model_dump(include={"pairs", "points"}) | seed,
        "corrupt": {"images": e.corruptions.images, "levels": e.dataset.levels} | seed,
        "averages": e.corruptions.model_dump(include={"noises", "baseline"}),
    }
    if raced := e.corruptions.raced:
        slices["raced"] = {"images": raced.images, "levels": e.dataset.levels} | seed
        slices["race-corrupted"] = slices["race"] | {"reach": raced.reach}
    slices |= {f"attack-{n}": {"norm": n} | attacks | part.model_dump() | seed for n, part in e.attacks.norms.items()}
    slices |= {f"quoted-{table}": [row.model_dump() for row in rows] for table, rows in CONFIG.quoted.items()}
    return as_json(slices[wildcards.settings])
