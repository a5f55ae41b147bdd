# Class scores -> tidy tables.


rule metrics_tables:
    input:
        lambda w: [path for one in measured(w.experiment) for path in matrices(w.experiment, one)],
    output:
        metrics="results/{experiment}/tables/metrics.parquet",
        confusion="results/{experiment}/tables/confusion.parquet",
        reliability="results/{experiment}/tables/reliability.parquet",
    log:
        "results/{experiment}/logs/metrics_tables.log",
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=lambda w: 2000 + scores_mb(w, *measured(w.experiment), together=False),
        runtime=120,
    params:
        code=code("tabulate_metrics"),
        settings=statistics,
    shell:
        "python -m sbgc.steps.tabulate_metrics --matrices {input} --settings {params.settings:q} "
        "--metrics {output.metrics} --confusion {output.confusion} --reliability {output.reliability} > {log} 2>&1"


rule decisions_tables:
    input:
        matrices=lambda w: density_matrices(w.experiment, "test"),
        races=lambda w: races(w.experiment, "race"),
    output:
        decisions="results/{experiment}/tables/decisions.parquet",
        classes="results/{experiment}/tables/classes.parquet",
    log:
        "results/{experiment}/logs/decisions_tables.log",
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=lambda w: 2000 + scores_mb(w, "test", together=False),
        runtime=30,
    params:
        code=code("tabulate_decisions"),
        races=lambda w, input: input.races or "none",
    shell:
        "python -m sbgc.steps.tabulate_decisions --matrices {input.matrices} --races {params.races} "
        "--out {output.decisions} --classes {output.classes} > {log} 2>&1"


rule loss_table:
    input:
        lambda w: [
            path
            for name, model in experiment(w).models.items()
            if is_trained(model)
            for run in runs(w.experiment, [name])
            for path in begun(
                of_run(f"{RUN}/train", w.experiment, *run), "losses.parquet", experiment(w).execution.segments
            )
        ],
    output:
        "results/{experiment}/tables/loss.parquet",
    log:
        "results/{experiment}/logs/loss_table.log",
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=1000,
        runtime=30,
    params:
        code=code("tabulate_losses"),
    shell:
        "python -m sbgc.steps.tabulate_losses --losses {input} --out {output} > {log} 2>&1"


rule grid_tables:
    input:
        lambda w: [
            of_run(f"{RUN}/grid.npz", w.experiment, *run)
            for run in runs(w.experiment, members.grid_nodes(experiment(w)))
        ],
    output:
        integrand="results/{experiment}/tables/grid_integrand.parquet",
        errors="results/{experiment}/tables/grid_errors.parquet",
    log:
        "results/{experiment}/logs/grid_tables.log",
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=1000,
        runtime=30,
    params:
        code=code("tabulate_grids"),
        nodes=lambda w: as_json(members.grid_nodes(experiment(w))),
    shell:
        "python -m sbgc.steps.tabulate_grids --grids {input} --nodes {params.nodes:q} "
        "--integrand {output.integrand} --errors {output.errors} > {log} 2>&1"


rule convergence_table:
    input:
        lambda w: matrices(w.experiment, "convergence"),
    output:
        "results/{experiment}/tables/convergence.parquet",
    log:
        "results/{experiment}/logs/convergence_table.log",
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=1000,
        runtime=30,
    params:
        code=code("tabulate_convergence"),
        settings=statistics,
    shell:
        "python -m sbgc.steps.tabulate_convergence --matrices {input} --settings {params.settings:q} --out {output} "
        "> {log} 2>&1"


rule label_tables:
    input:
        lambda w: density_matrices(w.experiment, "test"),
    output:
        histogram="results/{experiment}/tables/label_histogram.parquet",
        detection="results/{experiment}/tables/label_detection.parquet",
    log:
        "results/{experiment}/logs/label_tables.log",
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=lambda w: 2000 + scores_mb(w, "test", together=False),
        runtime=30,
    params:
        code=code("tabulate_labels"),
        labels=lambda w: as_json(experiment(w).labels.model_dump(mode="json")),
        settings=statistics,
    shell:
        "python -m sbgc.steps.tabulate_labels --matrices {input} --labels {params.labels:q} "
        "--settings {params.settings:q} --histogram {output.histogram} --detection {output.detection} > {log} 2>&1"


rule counterexample_table:
    output:
        "results/{experiment}/tables/counterexample.parquet",
    log:
        "results/{experiment}/logs/counterexample_table.log",
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        code=code("tabulate_counterexample"),
        settings=lambda w: as_json(experiment(w).counterexample.model_dump(mode="json")),
        seed=lambda w: experiment(w).dataset.seed,
    shell:
        "python -m sbgc.steps.tabulate_counterexample --settings {params.settings:q} --experiment {wildcards.experiment} "
        "--seed {params.seed} --out {output} > {log} 2>&1"


rule crosscheck_table:
    input:
        own=lambda w: matrices(w.experiment, "crosscheck_own"),
        reference=lambda w: matrices(w.experiment, "crosscheck_reference"),
    output:
        table="results/{experiment}/tables/crosscheck.parquet",
        csv=report("results/{experiment}/tables/crosscheck.csv", caption="../report/crosscheck.rst", category="Tables"),
        md="results/{experiment}/tables/crosscheck.md",
    log:
        "results/{experiment}/logs/crosscheck_table.log",
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=1000,
        runtime=30,
    params:
        code=code("compare_likelihoods"),
    shell:
        "python -m sbgc.steps.compare_likelihoods --own {input.own} --reference {input.reference} "
        "--csv {output.csv} --md {output.md} --out {output.table} > {log} 2>&1"
