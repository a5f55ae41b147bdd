# Class scores -> tidy tables.


rule metrics:
    input:
        matrix=lambda w: f"results/{w.experiment}/{w.model}/seed{w.seed}/{SCORES[kind(w)]}/{w.evaluation}.npz",
        settings="results/{experiment}/settings/metrics.json",
    output:
        table="results/{experiment}/{model}/seed{seed}/metrics/{evaluation}.parquet",
        confusion="results/{experiment}/{model}/seed{seed}/confusion/{evaluation}.parquet",
        reliability="results/{experiment}/{model}/seed{seed}/reliability/{evaluation}.parquet",
    log:
        "results/{experiment}/logs/{model}/seed{seed}/metrics/{evaluation}.log",
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=1000,
        runtime=30,
    params:
        code=code_digest("sbgc.steps.metrics"),
    shell:
        "python -m sbgc.steps.metrics --matrix {input.matrix} --settings {input.settings} "
        "--table {output.table} --confusion {output.confusion} --reliability {output.reliability} > {log} 2>&1"


rule gather:
    input:
        lambda w: [
            path
            for split in ["train", "validation", "test"]
            for path in runs(f"{RUN}/{w.table}/{split}.parquet", w.experiment, *SCORES)
        ],
    output:
        "results/{experiment}/tables/{table}.parquet",
    log:
        "results/{experiment}/logs/gather/{table}.log",
    wildcard_constraints:
        table="metrics|confusion|reliability",
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=1000,
        runtime=30,
    params:
        code=code_digest("sbgc.steps.gather"),
    shell:
        "python -m sbgc.steps.gather --tables {input} --out {output} > {log} 2>&1"


rule decisions:
    input:
        "results/{experiment}/{model}/seed{seed}/log_prob/{evaluation}.npz",
    output:
        table="results/{experiment}/{model}/seed{seed}/decisions/{evaluation}.parquet",
        classes="results/{experiment}/{model}/seed{seed}/classes/{evaluation}.parquet",
    log:
        "results/{experiment}/logs/{model}/seed{seed}/decisions/{evaluation}.log",
    wildcard_constraints:
        model=models(*DENSITIES),
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=1000,
        runtime=30,
    params:
        code=code_digest("sbgc.steps.decisions"),
    shell:
        "python -m sbgc.steps.decisions --matrix {input} --out {output.table} --classes {output.classes} > {log} 2>&1"


rule decision_tables:
    input:
        lambda w: runs(f"{RUN}/{w.table}/test.parquet", w.experiment, *DENSITIES),
        lambda w: races(w.experiment, "race") if w.table == "decisions" else [],
    output:
        "results/{experiment}/tables/{table}.parquet",
    log:
        "results/{experiment}/logs/gather/{table}.log",
    wildcard_constraints:
        table="decisions|classes",
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=1000,
        runtime=30,
    params:
        code=code_digest("sbgc.steps.gather"),
    shell:
        "python -m sbgc.steps.gather --tables {input} --out {output} > {log} 2>&1"


rule loss_table:
    input:
        lambda w: [
            path
            for folder in runs(f"{RUN}/train", w.experiment, *TRAINED)
            for path in pieces(folder, "losses.parquet", experiment(w).execution.segments)
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
        code=code_digest("sbgc.steps.loss_table"),
    shell:
        "python -m sbgc.steps.loss_table --losses {input} --out {output} > {log} 2>&1"


rule convergence_table:
    input:
        matrices=lambda w: runs(f"{RUN}/{{scores}}/convergence.npz", w.experiment, *DENSITIES),
        settings="results/{experiment}/settings/metrics.json",
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
        code=code_digest("sbgc.steps.convergence_table"),
    shell:
        "python -m sbgc.steps.convergence_table --matrices {input.matrices} --settings {input.settings} "
        "--out {output} > {log} 2>&1"


rule interpolation_table:
    input:
        matrices=lambda w: runs(f"{RUN}/{{scores}}/interpolation.npz", w.experiment, *DENSITIES),
        settings="results/{experiment}/settings/metrics.json",
    output:
        "results/{experiment}/tables/interpolation.parquet",
    log:
        "results/{experiment}/logs/interpolation_table.log",
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=1000,
        runtime=30,
    params:
        code=code_digest("sbgc.steps.interpolation_table"),
    shell:
        "python -m sbgc.steps.interpolation_table --matrices {input.matrices} --settings {input.settings} "
        "--out {output} > {log} 2>&1"


rule adversarial_table:
    input:
        clean=lambda w: runs(f"{RUN}/{{scores}}/attack_clean.npz", w.experiment, *SCORES),
        matrices=lambda w: [
            path
            for norm in experiment(w).attacks.norms
            for path in runs(f"{RUN}/{{scores}}/pgd-{norm}@{{model}}-seed{{seed}}.npz", w.experiment, *SCORES)
        ],
        settings="results/{experiment}/settings/metrics.json",
    output:
        "results/{experiment}/tables/adversarial.parquet",
    log:
        "results/{experiment}/logs/adversarial_table.log",
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=1000,
        runtime=30,
    params:
        code=code_digest("sbgc.steps.adversarial_table"),
    shell:
        "python -m sbgc.steps.adversarial_table --clean {input.clean} --matrices {input.matrices} --settings {input.settings} "
        "--out {output} > {log} 2>&1"


rule crosscheck_table:
    input:
        fast=lambda w: runs(f"{RUN}/{{scores}}/crosscheck_fast.npz", w.experiment, "score"),
        reference=lambda w: runs(f"{RUN}/{{scores}}/crosscheck_reference.npz", w.experiment, "score"),
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
        code=code_digest("sbgc.steps.crosscheck_table"),
    shell:
        "python -m sbgc.steps.crosscheck_table --fast {input.fast} --reference {input.reference} "
        "--csv {output.csv} --md {output.md} --out {output.table} > {log} 2>&1"
