# Tables -> what a reader sees: figures, the paper's tables, the summary. A rule's name is the name of what it makes.
TABLE = f"{RESULTS}/tables"
FIGURES = {
    "fig1_tradeoff": [f"{TABLE}/metrics.parquet", f"{RESULTS}/settings/quoted-table1.json"],
    "fig2_interpolation": [f"{TABLE}/interpolation.parquet"],
    "fig3_convergence": [f"{TABLE}/convergence.parquet"],
    "fig4_corruptions": [f"{TABLE}/corruptions.parquet"],
    "samples": [*runs(f"{RUN}/samples.npz", CONFIG.experiment, "score")[:1], f"{RESULTS}/splits/train.npz"],
    "loss_curve": [f"{TABLE}/loss.parquet"],
    "confusion_matrix": [f"{TABLE}/confusion.parquet"],
    "reliability_diagram": [f"{TABLE}/reliability.parquet"],
    "adversarial": [f"{TABLE}/adversarial.parquet"],
    "contact_sheet": [f"{RESULTS}/splits/contact_sheet.npz"],
    "lowpass": [f"{TABLE}/corruptions.parquet", f"{TABLE}/spectra.parquet"],
}
RACED = bool(CONFIG.experiments[CONFIG.experiment].corruptions.raced and score_specs(CONFIG.experiment))
TABLES = ["table1_comparison", "table2_corruptions", "table3_adversarial", "crosscheck"]


for figure, drawn_from in FIGURES.items():

    rule:
        name:
            figure
        input:
            drawn_from,
        output:
            pdf=f"{RESULTS}/figures/{figure}.pdf",
            png=report(
                f"{RESULTS}/figures/{figure}.png",
                caption=f"../report/{figure}.rst",
                category="Figures",
                labels={"figure": figure},
            ),
        log:
            f"{RESULTS}/logs/{figure}.log",
        conda:
            "../../envs/cpu.yaml"
        resources:
            mem_mb=1000,
            runtime=30,
        params:
            figure=figure,
            code=code_digest("sbgc.steps.plot", f"sbgc.figures.{figure}"),
        shell:
            "python -m sbgc.steps.plot --figure {params.figure} --inputs {input} --pdf {output.pdf} --png {output.png} > {log} 2>&1"


rule table1_comparison:
    input:
        metrics=f"{TABLE}/metrics.parquet",
        quoted=f"{RESULTS}/settings/quoted-table1.json",
    output:
        csv=report(f"{TABLE}/table1_comparison.csv", caption="../report/table1_comparison.rst", category="Tables"),
        md=f"{TABLE}/table1_comparison.md",
    log:
        f"{RESULTS}/logs/table1_comparison.log",
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=1000,
        runtime=30,
    params:
        code=code_digest("sbgc.steps.table1_comparison"),
    shell:
        "python -m sbgc.steps.table1_comparison --metrics {input.metrics} --quoted {input.quoted} "
        "--csv {output.csv} --md {output.md} > {log} 2>&1"


rule table2_corruptions:
    input:
        means=f"{TABLE}/corruption_means.parquet",
        raced=[f"{TABLE}/raced_corruptions.parquet"] * RACED,
        quoted=f"{RESULTS}/settings/quoted-table2.json",
    output:
        csv=report(f"{TABLE}/table2_corruptions.csv", caption="../report/table2_corruptions.rst", category="Tables"),
        md=f"{TABLE}/table2_corruptions.md",
    log:
        f"{RESULTS}/logs/table2_corruptions.log",
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=1000,
        runtime=30,
    params:
        code=code_digest("sbgc.steps.table2_corruptions"),
        raced=lambda w, input: input.raced or "none",
    shell:
        "python -m sbgc.steps.table2_corruptions --means {input.means} --raced {params.raced} --quoted {input.quoted} "
        "--csv {output.csv} --md {output.md} > {log} 2>&1"


rule table3_adversarial:
    input:
        adversarial=f"{TABLE}/adversarial.parquet",
        quoted=f"{RESULTS}/settings/quoted-table3.json",
    output:
        csv=report(f"{TABLE}/table3_adversarial.csv", caption="../report/table3_adversarial.rst", category="Tables"),
        md=f"{TABLE}/table3_adversarial.md",
    log:
        f"{RESULTS}/logs/table3_adversarial.log",
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=1000,
        runtime=30,
    params:
        code=code_digest("sbgc.steps.table3_adversarial"),
    shell:
        "python -m sbgc.steps.table3_adversarial --adversarial {input.adversarial} --quoted {input.quoted} "
        "--csv {output.csv} --md {output.md} > {log} 2>&1"


rule summary:
    input:
        metrics=f"{TABLE}/metrics.parquet",
        corruptions=f"{TABLE}/corruption_means.parquet",
        adversarial=f"{TABLE}/adversarial.parquet",
        convergence=f"{TABLE}/convergence.parquet",
        crosscheck=f"{TABLE}/crosscheck.parquet",
        decisions=f"{TABLE}/decisions.parquet",
        matrices=runs(f"{RUN}/{{scores}}/test.npz", CONFIG.experiment, *SCORES),
    output:
        report(f"{RESULTS}/summary.md", caption="../report/summary.rst", category="Summary"),
    log:
        f"{RESULTS}/logs/summary.log",
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=1000,
        runtime=30,
    params:
        code=code_digest("sbgc.steps.summary"),
    shell:
        "python -m sbgc.steps.summary --metrics {input.metrics} --corruptions {input.corruptions} "
        "--adversarial {input.adversarial} --convergence {input.convergence} --crosscheck {input.crosscheck} "
        "--decisions {input.decisions} "
        "--matrices {input.matrices} --out {output} > {log} 2>&1"
