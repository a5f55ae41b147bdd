# Corruptions: the images, official or made here; what their likelihoods will cost; the tables.


if OFFICIAL:

    rule fetch_cifar10c:
        output:
            OFFICIAL,
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
            code=code_digest("sbgc.steps.fetch_cifar10c"),
            corruptions=[os.path.basename(path).removesuffix(".npy") for path in OFFICIAL],
        shell:
            "python -m sbgc.steps.fetch_cifar10c --corruptions {params.corruptions} --sources {resources.sources:q} "
            "--cache .cache/downloads --folder results/raw/cifar10c 2>&1 | tee {log}"


rule corrupt:
    input:
        split="results/{experiment}/splits/test.npz",
        spec="results/{experiment}/settings/{damaged}.json",
        official=lambda w: official(w.experiment, w.corruption),
    output:
        "results/{experiment}/splits/{damaged}-{corruption}.npz",
    log:
        "results/{experiment}/logs/{damaged}/{corruption}.log",
    wildcard_constraints:
        damaged="corrupt|raced",  # for likelihoods, or for races of more images
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=2000,
        runtime=60,
    params:
        code=code_digest("sbgc.steps.corrupt"),
        official=lambda w, input: input.official or "none",
    shell:
        "python -m sbgc.steps.corrupt --split {input.split} --spec {input.spec} --corruption {wildcards.corruption} "
        "--official {params.official} --out {output} > {log} 2>&1"


rule contact_sheet_images:
    input:
        clean="results/{experiment}/splits/test.npz",
        corrupted=corrupted_splits,
    output:
        "results/{experiment}/splits/contact_sheet.npz",
    log:
        "results/{experiment}/logs/contact_sheet_images.log",
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        code=code_digest("sbgc.steps.contact_sheet"),
    shell:
        "python -m sbgc.steps.contact_sheet --clean {input.clean} --corrupted {input.corrupted} --out {output} > {log} 2>&1"


# Before the longest evaluation, and for the manifest of its table.
rule corruption_cost:
    input:
        specs=lambda w: score_specs(w.experiment),
        evaluation=lambda w: f"results/{w.experiment}/evaluations/corrupt-{experiment(w).corruptions.kinds[0]}.json",
        race=lambda w: f"results/{w.experiment}/settings/race-corrupted.json" if experiment(w).corruptions.raced else [],
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
        code=code_digest("sbgc.steps.cost_estimate"),
        images=lambda w: 5 * len(experiment(w).corruptions.kinds) * experiment(w).corruptions.images,
        race=lambda w, input: input.race or "none",
        raced=lambda w: 5 * len(experiment(w).corruptions.kinds) * getattr(experiment(w).corruptions.raced, "images", 0),
    shell:
        "python -m sbgc.steps.cost_estimate --specs {input.specs} --evaluation {input.evaluation} --images {params.images} "
        "--race {params.race} --raced {params.raced} --teraflops {resources.teraflops} --out {output} 2>&1 | tee {log}"


rule corruption_table:
    input:
        clean=lambda w: runs(f"{RUN}/{{scores}}/test.npz", w.experiment, *SCORES),
        matrices=lambda w: [
            path
            for corruption in experiment(w).corruptions.kinds
            for path in runs(f"{RUN}/{{scores}}/corrupt-{corruption}.npz", w.experiment, *SCORES)
        ],
        averages="results/{experiment}/settings/averages.json",
        cost=lambda w: "results/{experiment}/tables/corruption_cost.json" if score_specs(w.experiment) else [],
        settings="results/{experiment}/settings/metrics.json",
    output:
        table="results/{experiment}/tables/corruptions.parquet",
        means="results/{experiment}/tables/corruption_means.parquet",
    log:
        "results/{experiment}/logs/corruption_table.log",
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        code=code_digest("sbgc.steps.corruption_table"),
        cost=lambda w, input: input.cost or "none",
    shell:
        "python -m sbgc.steps.corruption_table --clean {input.clean} --matrices {input.matrices} --averages {input.averages} "
        "--cost {params.cost} --settings {input.settings} --out {output.table} --means {output.means} > {log} 2>&1"


rule raced_corruption_table:
    input:
        races=raced_corruptions,
        clean=lambda w: runs(f"{RUN}/{{scores}}/test.npz", w.experiment, *SCORES),
        matrices=lambda w: [
            path
            for corruption in experiment(w).corruptions.kinds
            for path in runs(f"{RUN}/{{scores}}/all-{corruption}.npz", w.experiment, *UNRACED)
        ],
        averages="results/{experiment}/settings/averages.json",
        cost="results/{experiment}/tables/corruption_cost.json",
        settings="results/{experiment}/settings/metrics.json",
    output:
        "results/{experiment}/tables/raced_corruptions.parquet",
    log:
        "results/{experiment}/logs/raced_corruption_table.log",
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=16000,  # CIFAR-10: 38 matrices of 80 MB, and two million races
        runtime=30,
    params:
        code=code_digest("sbgc.steps.raced_corruptions"),
        matrices=lambda w, input: input.matrices or "none",
    shell:
        "python -m sbgc.steps.raced_corruptions --races {input.races} --clean {input.clean} --matrices {params.matrices} "
        "--averages {input.averages} --cost {input.cost} --settings {input.settings} --out {output} > {log} 2>&1"


rule spectra:
    input:
        clean="results/{experiment}/splits/test.npz",
        corrupted=corrupted_splits,
        settings="results/{experiment}/settings/metrics.json",
    output:
        "results/{experiment}/tables/spectra.parquet",
    log:
        "results/{experiment}/logs/spectra.log",
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=4000,
        runtime=60,
    params:
        code=code_digest("sbgc.steps.spectra"),
    shell:
        "python -m sbgc.steps.spectra --clean {input.clean} --corrupted {input.corrupted} --settings {input.settings} "
        "--out {output} > {log} 2>&1"
