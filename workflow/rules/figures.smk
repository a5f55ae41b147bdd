# Tables -> what a reader sees: figures, the paper's tables, the summary. A rule's name is the name of what it makes.


for figure in contents.figures(CHOSEN):

    rule:
        name:
            figure
        input:
            [one for one in drawn_from(FIGURES[figure]) if not one.startswith(("[", "{"))],
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
            mem_mb=1000 + 4 * CHOSEN.dataset.num_classes,  # of a thousand classes there are a million pairs
            runtime=30,
        params:
            figure=figure,
            inputs=drawn_from(FIGURES[figure]),
            code=code_digest("sbgc.steps.draw", f"sbgc.figures.{figure}"),
        shell:
            "python -m sbgc.steps.draw --figure {params.figure} --inputs {params.inputs:q} "
            "--pdf {output.pdf} --png {output.png} > {log} 2>&1"


rule table1_comparison:
    input:
        f"{TABLE}/metrics.parquet",
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
        code=code("write_table1"),
        quoted=quoted("table1"),
    shell:
        "python -m sbgc.steps.write_table1 --metrics {input} --quoted {params.quoted:q} "
        "--csv {output.csv} --md {output.md} > {log} 2>&1"


if CHOSEN.corruptions:

    rule table2_corruptions:
        input:
            means=f"{TABLE}/corruption_means.parquet",
            raced=[f"{TABLE}/raced_corruptions.parquet"] * ("raced_corruptions" in evaluations(CONFIG.experiment)),
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
            code=code("write_table2"),
            raced=lambda w, input: input.raced or "none",
            quoted=quoted("table2"),
        shell:
            "python -m sbgc.steps.write_table2 --means {input.means} --raced {params.raced} --quoted {params.quoted:q} "
            "--csv {output.csv} --md {output.md} > {log} 2>&1"


if CHOSEN.attacks:

    rule table3_adversarial:
        input:
            f"{TABLE}/adversarial.parquet",
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
            code=code("write_table3"),
            quoted=quoted("table3"),
        shell:
            "python -m sbgc.steps.write_table3 --adversarial {input} --quoted {params.quoted:q} "
            "--csv {output.csv} --md {output.md} > {log} 2>&1"


if "flows_comparison" in contents.pages(CHOSEN):

    rule flows_comparison:
        input:
            f"{TABLE}/metrics.parquet",
        output:
            csv=report(f"{TABLE}/flows_comparison.csv", caption="../report/flows_comparison.rst", category="Tables"),
            md=f"{TABLE}/flows_comparison.md",
        log:
            f"{RESULTS}/logs/flows_comparison.log",
        conda:
            "../../envs/cpu.yaml"
        resources:
            mem_mb=1000,
            runtime=30,
        params:
            code=code("write_flows_table"),
            models=flow_facts(),
            quoted=quoted("flows"),
        shell:
            "python -m sbgc.steps.write_flows_table --metrics {input} --models {params.models:q} "
            "--quoted {params.quoted:q} --csv {output.csv} --md {output.md} > {log} 2>&1"


if "bottleneck_comparison" in contents.pages(CHOSEN):

    rule bottleneck_comparison:
        input:
            f"{TABLE}/metrics.parquet",
        output:
            csv=report(
                f"{TABLE}/bottleneck_comparison.csv",
                caption="../report/bottleneck_comparison.rst",
                category="Tables",
            ),
            md=f"{TABLE}/bottleneck_comparison.md",
        log:
            f"{RESULTS}/logs/bottleneck_comparison.log",
        conda:
            "../../envs/cpu.yaml"
        resources:
            mem_mb=1000,
            runtime=30,
        params:
            code=code("write_bottleneck_table"),
            models=bottleneck_facts(),
            quoted=quoted("bottleneck"),
        shell:
            "python -m sbgc.steps.write_bottleneck_table --metrics {input} --models {params.models:q} "
            "--quoted {params.quoted:q} --csv {output.csv} --md {output.md} > {log} 2>&1"


rule summary:
    input:
        tables=[f"{TABLE}/{one}.parquet" for one in contents.summarized(CHOSEN)],
        matrices=matrices(CONFIG.experiment, "test"),
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
        code=code("write_summary"),
    shell:
        "python -m sbgc.steps.write_summary --tables {input.tables} --matrices {input.matrices} --out {output} "
        "> {log} 2>&1"
