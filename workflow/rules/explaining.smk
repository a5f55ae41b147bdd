# How models explain their decisions on some test images: model x images -> maps and latents -> tidy tables.


rule explanations:
    input:
        params="results/{experiment}/{model}/seed{seed}/params.msgpack",
        grid=own_grid,
        split="results/{experiment}/splits/test.npz",
    output:
        "results/{experiment}/{model}/seed{seed}/explanations.npz",
    log:
        "results/{experiment}/logs/{model}/seed{seed}/explanations.log",
    wildcard_constraints:
        model=models(explains=True),
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=lambda w: 3000 + covariances_mb(w) + centers_mb(w),
        runtime=120,
        batch_size=lambda w: experiment(w).execution.batch_size,
        batch_mib=lambda w: experiment(w).execution.memory_mib,
    params:
        code=lambda w: code_digest(  # the page that explains counts, and so does the one that scores
            "sbgc.steps.explain", *(f"sbgc.{one}.{kind_name(w)}" for one in ("models", "explaining"))
        ),
        spec=spec,
        scoring=explaining,
        images=lambda w: list(experiment(w).explanations.images),
        grid=given_grid,
        maps=lambda w: "by_place" if has_maps(experiment(w).models[w.model]) else "none",
    shell:
        "python -m sbgc.steps.explain --spec {params.spec:q} --params {input.params} --grid {params.grid} "
        "--split {input.split} --images {params.images} --scoring {params.scoring:q} --maps {params.maps} "
        "--seed {wildcards.seed} --batch-size {resources.batch_size} --memory {resources.batch_mib} --out {output} "
        "> {log} 2>&1"


rule latent_tables:
    input:
        lambda w: explanations(w.experiment, explained.with_latents(experiment(w))),
    output:
        decision_space="results/{experiment}/tables/decision_space.parquet",
        class_similarity="results/{experiment}/tables/class_similarity.parquet",
    log:
        "results/{experiment}/logs/latent_tables.log",
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=lambda w: 2000 + 4 * experiment(w).dataset.num_classes,  # 1,000 classes: a million pairs
        runtime=30,
    params:
        code=code("tabulate_latents"),
        samples=lambda w: experiment(w).explanations.samples,
        seed=lambda w: experiment(w).dataset.seed,
    shell:
        "python -m sbgc.steps.tabulate_latents --explanations {input} --samples {params.samples} --seed {params.seed} "
        "--decision-space {output.decision_space} --class-similarity {output.class_similarity} > {log} 2>&1"


rule heatmap_table:
    input:
        lambda w: explanations(w.experiment, explained.with_maps(experiment(w))),
    output:
        "results/{experiment}/tables/heatmaps.parquet",
    log:
        "results/{experiment}/logs/heatmap_table.log",
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        code=code("tabulate_heatmaps"),
        contrast=lambda w: experiment(w).explanations.contrast,
    shell:
        "python -m sbgc.steps.tabulate_heatmaps --explanations {input} --contrast {params.contrast} --out {output} "
        "> {log} 2>&1"
