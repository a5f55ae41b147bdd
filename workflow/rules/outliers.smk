# Outliers: images unlike the training data, and how well the densities tell them.


rule outlier_split:
    input:
        test="results/{experiment}/splits/test.npz",
        other=source_of_outliers,
    output:
        "results/{experiment}/splits/outliers/{name}.npz",
    log:
        "results/{experiment}/logs/outliers/{name}.log",
    wildcard_constraints:
        name=outlier_sets(),
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        code=code("make_outliers"),
        other=lambda w, input: input.other or "none",
        images=lambda w: experiment(w).outliers.images,
        levels=lambda w: experiment(w).dataset.levels,
        seed=lambda w: experiment(w).dataset.seed,
    shell:
        "python -m sbgc.steps.make_outliers --split {input.test} --name {wildcards.name} --of {params.other} "
        "--images {params.images} --levels {params.levels} --seed {params.seed} --out {output} > {log} 2>&1"


rule complexity_table:
    input:
        lambda w: list(compared_splits(w)),
    output:
        "results/{experiment}/tables/complexity.parquet",
    log:
        "results/{experiment}/logs/complexity_table.log",
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=lambda w: 4000 + 2 * split_mb(w),
        runtime=480,
    params:
        code=code("tabulate_complexity"),
        images=lambda w: list(compared_splits(w).values()),
    shell:
        "python -m sbgc.steps.tabulate_complexity --splits {input} --images {params.images} --out {output} "
        "> {log} 2>&1"


rule outlier_tables:
    input:
        matrices=lambda w: compared_matrices(w.experiment),
        complexity="results/{experiment}/tables/complexity.parquet",
    output:
        table="results/{experiment}/tables/outliers.parquet",
        roc="results/{experiment}/tables/roc.parquet",
    log:
        "results/{experiment}/logs/outlier_tables.log",
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=lambda w: 4000 + scores_mb(w, "train", "test", "corruptions", "outliers"),
        runtime=30,
    params:
        code=code("tabulate_outliers"),
        rate=lambda w: experiment(w).outliers.false_positive_rate,
        settings=statistics,
    shell:
        "python -m sbgc.steps.tabulate_outliers --matrices {input.matrices} --complexity {input.complexity} "
        "--rate {params.rate} --settings {params.settings:q} --out {output.table} --roc {output.roc} > {log} 2>&1"


if "outlier_comparison" in contents.pages(CHOSEN):

    rule outlier_comparison:
        input:
            outliers=f"{TABLE}/outliers.parquet",
            means=[f"{TABLE}/corruption_means.parquet"] * bool(CHOSEN.corruptions),
        output:
            html=report(
                f"{TABLE}/outlier_comparison.html",
                caption="../report/outlier_comparison.rst",
                category="Tables",
            ),
            csv=f"{TABLE}/outlier_comparison.csv",
            md=f"{TABLE}/outlier_comparison.md",
        log:
            f"{RESULTS}/logs/outlier_comparison.log",
        conda:
            "../../envs/cpu.yaml"
        resources:
            mem_mb=1000,
            runtime=30,
        params:
            code=code("write_outlier_table"),
            means=lambda w, input: input.means or "none",
            quoted=quoted("robustness"),
        shell:
            "python -m sbgc.steps.write_outlier_table --outliers {input.outliers} --means {params.means} "
            "--quoted {params.quoted:q} --csv {output.csv} --md {output.md} --html {output.html} > {log} 2>&1"
