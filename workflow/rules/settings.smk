# What of the configuration each step is told, as JSON on its command line: Snakemake reruns a rule when it changes.


def spec_of(name, model):
    return facts_of(name, CONFIG.experiments[name], model)


def spec(wildcards):
    return as_json(spec_of(wildcards.experiment, wildcards.model))


def dataset_settings(wildcards):
    return as_json(experiment(wildcards).dataset.model_dump(mode="json", exclude={"path"}))


def likelihood_of(name, model, one):
    """How a model's log p is estimated in an evaluation; None where it is exact, or where there is none."""
    settings = CONFIG.experiments[name].models[model]
    likelihood = None if KINDS[settings.kind].exact else (one.likelihood or settings.likelihood)
    return likelihood and likelihood.model_dump(mode="json")


def scoring(wildcards):
    name, model = wildcards.experiment, wildcards.model
    one = evaluations(name)[wildcards.evaluation]
    crops = one.crops and one.crops.model_dump(mode="json")
    facts = {"evaluation": one.name, "draws": one.draws, "strata": one.strata, "crops": crops, "anew": one.anew}
    return as_json(facts | {"seed": experiment(wildcards).dataset.seed, "likelihood": likelihood_of(name, model, one)})


def explaining(wildcards):
    """How the images that are explained are scored: by the model's own likelihood."""
    e = experiment(wildcards)
    own = likelihood_of(wildcards.experiment, wildcards.model, evaluations(wildcards.experiment)["test"])
    facts = {"evaluation": "explanations", "draws": e.explanations.draws, "strata": e.strata, "crops": None}
    facts |= {"anew": False}
    return as_json(facts | {"seed": e.dataset.seed, "likelihood": own})


def calibrating(wildcards):
    """How the grid of a model is calibrated."""
    e = experiment(wildcards)
    return as_json(e.calibration.model_dump(mode="json") | {"seed": e.dataset.seed})


def racing(wildcards):
    """How classes race: corrupted images have a reach of their own."""
    e = experiment(wildcards)
    reach = e.race.reach if wildcards.evaluation == "race" else e.corruptions.raced.reach
    return as_json({"screen": e.race.screen.model_dump(mode="json"), "reach": reach, "error": e.race.error})


def evades(wildcards):
    """The test of log p(x) that an attack evades, if any."""
    return getattr(experiment(wildcards).attacks.methods.get(wildcards.attack), "evades", None)


def attacking(wildcards):
    """An attack, and what it works on."""
    e = experiment(wildcards)
    name, method = wildcards.attack, e.attacks.methods.get(wildcards.attack)  # none for the images before any attack
    of_victim = e.attacks.attacked.model_dump(mode="json")
    facts = {"name": name, "images": e.attacks.images, "strata": e.strata}
    facts |= {"seed": e.dataset.seed, "method": method and method.model_dump(mode="json")}
    facts |= {"epsilons": attack_rows.bounds(e.attacks, name) if method else []} | of_victim
    facts |= {"rate": e.attacks.detection.false_positive_rate if evades(wildcards) else None}
    if not method or kind(wildcards).exact:  # see config/attacked.py, Attacked
        fresh = [what for what in of_victim["fresh"] if what != "noise"]
        facts |= {"likelihood": None, "draws": e.attacks.draws, "fresh": fresh}
    return as_json(facts)


def statistics(wildcards):
    e = experiment(wildcards)
    return as_json(e.metrics.model_dump(mode="json") | {"seed": e.dataset.seed})


def averages(wildcards):
    return as_json(experiment(wildcards).corruptions.model_dump(mode="json", include={"noises", "baseline"}))


def quoted(table):
    """What papers printed, as JSON."""
    return as_json([row.model_dump(mode="json") for row in CONFIG.quoted[table]])


def flow_facts():
    """What the table of flows says of each beside its results."""
    found = flow_facts_of(CHOSEN)
    return as_json({name: facts.model_dump(mode="json") for name, facts in found.items()})


def bottleneck_facts():
    """What the table of IB-INNs says of each beside its results."""
    found = bottleneck_facts_of(CHOSEN)
    return as_json({name: facts.model_dump(mode="json") for name, facts in found.items()})


def cost_jobs(wildcards):
    """The likelihoods and races under corruptions whose cost is estimated before they start."""
    name, e = wildcards.experiment, experiment(wildcards)
    found, damaged = [], evaluations(name)["corruptions"]
    for model in members.of_kinds(e, exact=False):
        own = {"spec": spec_of(name, model), "likelihood": likelihood_of(name, model, damaged)}
        found.append(own | {"what": [], "images": damaged.images, "draws": damaged.draws})
        if raced := evaluations(name).get("raced_corruptions"):
            screen = {"likelihood": e.race.screen.model_dump(mode="json"), "draws": 1, "what": ["raced", "at least"]}
            fine = {"likelihood": likelihood_of(name, model, raced), "draws": raced.draws, "what": ["raced", "at most"]}
            found += [own | {"images": raced.images} | bound for bound in (screen, fine)]
    return as_json(found)
