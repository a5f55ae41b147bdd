# Settings as JSON, splits.
localrules:
    fetch_dataset,
    dataset_settings,
    evaluation_settings,
    step_settings,


rule dataset_settings:
    output:
        "results/{experiment}/dataset.json",
    log:
        "results/{experiment}/logs/dataset_settings.log",
    conda:
        "../../envs/cpu.yaml"
    params:
        json=dataset_slice,
    shell:
        "printf '%s\\n' {params.json:q} > {output} 2> {log}"


rule evaluation_settings:
    output:
        "results/{experiment}/evaluations/{evaluation}.json",
    log:
        "results/{experiment}/logs/evaluation_settings/{evaluation}.log",
    conda:
        "../../envs/cpu.yaml"
    params:
        json=evaluation_slice,
    shell:
        "printf '%s\\n' {params.json:q} > {output} 2> {log}"


rule step_settings:
    output:
        "results/{experiment}/settings/{settings}.json",
    log:
        "results/{experiment}/logs/step_settings/{settings}.log",
    conda:
        "../../envs/cpu.yaml"
    params:
        json=step_slice,
    shell:
        "printf '%s\\n' {params.json:q} > {output} 2> {log}"


# On the machine that runs Snakemake: a cluster's nodes often reach no network. Where files are looked for is a resource,
# since another mirror gives the same bytes and what is in `params` reruns.
rule fetch_dataset:
    output:
        "results/raw/{dataset}.npz",
    log:
        "results/raw/logs/{dataset}.log",
    wildcard_constraints:
        dataset="|".join(FACTS),
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=2000,
        runtime=240,
        sources=lambda w: as_json(CONFIG.downloads.sources(w.dataset)),
    params:
        code=code_digest("sbgc.steps.fetch_dataset"),
    shell:
        "python -m sbgc.steps.fetch_dataset --dataset {wildcards.dataset} --sources {resources.sources:q} "
        "--cache .cache/downloads --out {output} 2>&1 | tee {log}"


rule import_dataset:
    input:
        path=lambda w: experiment(w).dataset.path,
        dataset="results/{experiment}/dataset.json",
    output:
        "results/{experiment}/raw.npz",
    log:
        "results/{experiment}/logs/import_dataset.log",
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=4000,
        runtime=60,
    params:
        code=code_digest("sbgc.steps.import_dataset"),
    shell:
        "python -m sbgc.steps.import_dataset --path {input.path} --dataset {input.dataset} --out {output} > {log} 2>&1"


rule split_dataset:
    input:
        images=lambda w: (
            "results/{experiment}/raw.npz"
            if experiment(w).dataset.path
            else f"results/raw/{experiment(w).dataset.name}.npz"
        ),
        dataset="results/{experiment}/dataset.json",
    output:
        train="results/{experiment}/splits/train.npz",
        validation="results/{experiment}/splits/validation.npz",
        test="results/{experiment}/splits/test.npz",
    log:
        "results/{experiment}/logs/split_dataset.log",
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        code=code_digest("sbgc.steps.split_dataset"),
    shell:
        "python -m sbgc.steps.split_dataset --images {input.images} --dataset {input.dataset} "
        "--train {output.train} --validation {output.validation} --test {output.test} > {log} 2>&1"
