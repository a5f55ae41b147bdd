# Corruptions: the images, official or made here; what their likelihoods will cost; their tables.


if OFFICIAL:

    rule official_corruptions:
        output:
            list(OFFICIAL.values()),
        log:
            "results/raw/logs/cifar10c.log",
        localrule: True
        conda:
            "../../envs/cpu.yaml"
        resources:
            mem_mb=2000,
            runtime=600,
            sources=as_json(CONFIG.downloads.sources("cifar10c")),
        params:
            code=code("fetch_cifar10c"),
            corruptions=list(OFFICIAL),
            cache=DOWNLOADED,
            folder=UNPACKED,
        shell:
            "python -m sbgc.steps.fetch_cifar10c --corruptions {params.corruptions} --sources {resources.sources:q} "
            "--cache {params.cache} --folder {params.folder} 2>&1 | tee {log}"


rule corrupted_split:
    input:
        split="results/{experiment}/splits/test.npz",
        official=lambda w: official(w.experiment).get(w.corruption, []),
    output:
        "results/{experiment}/splits/{damaged}/{corruption}.npz",
    log:
        "results/{experiment}/logs/{damaged}/{corruption}.log",
    wildcard_constraints:
        damaged="corruptions|raced_corruptions",  # for likelihoods, or for races of more images
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=lambda w: 2000 + 3 * split_mb(w),
        runtime=60,
    params:
        code=code("corrupt"),
        official=lambda w, input: input.official or "none",
        images=lambda w: (
            experiment(w).corruptions if w.damaged == "corruptions" else experiment(w).corruptions.raced
        ).images,
        levels=lambda w: experiment(w).dataset.levels,
        seed=lambda w: experiment(w).dataset.seed,
    shell:
        "python -m sbgc.steps.corrupt --split {input.split} --corruption {wildcards.corruption} "
        "--official {params.official} --images {params.images} --levels {params.levels} --seed {params.seed} "
        "--out {output} > {log} 2>&1"


rule contact_sheet_split:
    input:
        clean="results/{experiment}/splits/test.npz",
        corrupted=corrupted_splits,
    output:
        "results/{experiment}/splits/contact_sheet.npz",
    log:
        "results/{experiment}/logs/contact_sheet_split.log",
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=lambda w: 4000 + 2 * split_mb(w),
        runtime=30,
    params:
        code=code("arrange_contact_sheet"),
    shell:
        "python -m sbgc.steps.arrange_contact_sheet --clean {input.clean} --corrupted {input.corrupted} --out {output} "
        "> {log} 2>&1"


# Before the longest evaluation, and for the manifest of its table.
rule corruption_cost:
    output:
        "results/{experiment}/tables/corruption_cost.json",
    log:
        "results/{experiment}/logs/corruption_cost.log",
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=3000,
        runtime=30,
        teraflops=lambda w: str(experiment(w).execution.sustained_teraflops or "none"),
    params:
        code=lambda w: code_digest(
            "sbgc.steps.estimate_cost",
            *sorted(
                {f"sbgc.models.{experiment(w).models[m].kind}" for m in members.of_kinds(experiment(w), exact=False)}
            ),
        ),
        jobs=cost_jobs,
    shell:
        "python -m sbgc.steps.estimate_cost --jobs {params.jobs:q} --teraflops {resources.teraflops} --out {output} "
        "2>&1 | tee {log}"


rule corruptions_table:
    input:
        clean=lambda w: matrices(w.experiment, "test"),
        matrices=lambda w: matrices(w.experiment, "corruptions"),
        cost=cost,
    output:
        table="results/{experiment}/tables/corruptions.parquet",
        means="results/{experiment}/tables/corruption_means.parquet",
    log:
        "results/{experiment}/logs/corruptions_table.log",
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=lambda w: 4000 + scores_mb(w, "test", "corruptions"),
        runtime=30,
    params:
        code=code("tabulate_corruptions"),
        cost=lambda w, input: input.cost or "none",
        averages=averages,
        settings=statistics,
    shell:
        "python -m sbgc.steps.tabulate_corruptions --clean {input.clean} --matrices {input.matrices} --cost {params.cost} "
        "--averages {params.averages:q} --settings {params.settings:q} --out {output.table} --means {output.means} "
        "> {log} 2>&1"


rule raced_corruptions_table:
    input:
        races=lambda w: races(w.experiment, "raced_corruptions"),
        clean=lambda w: matrices(w.experiment, "test"),
        matrices=lambda w: matrices(w.experiment, "all_corruptions"),
        cost="results/{experiment}/tables/corruption_cost.json",
    output:
        "results/{experiment}/tables/raced_corruptions.parquet",
    log:
        "results/{experiment}/logs/raced_corruptions_table.log",
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=16000,  # CIFAR-10: 38 matrices of 80 MB, and two million races
        runtime=30,
    params:
        code=code("tabulate_raced_corruptions"),
        matrices=lambda w, input: input.matrices or "none",
        averages=averages,
        settings=statistics,
    shell:
        "python -m sbgc.steps.tabulate_raced_corruptions --races {input.races} --clean {input.clean} "
        "--matrices {params.matrices} --averages {params.averages:q} --cost {input.cost} --settings {params.settings:q} "
        "--out {output} > {log} 2>&1"


rule spectra_table:
    input:
        clean="results/{experiment}/splits/test.npz",
        corrupted=corrupted_splits,
    output:
        "results/{experiment}/tables/spectra.parquet",
    log:
        "results/{experiment}/logs/spectra_table.log",
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=lambda w: 4000 + 3 * split_mb(w),
        runtime=240,
    params:
        code=code("tabulate_spectra"),
        settings=statistics,
    shell:
        "python -m sbgc.steps.tabulate_spectra --clean {input.clean} --corrupted {input.corrupted} "
        "--settings {params.settings:q} --out {output} > {log} 2>&1"
