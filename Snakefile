# From raw images to every table and figure: `snakemake --cores all` makes the experiment that config.yaml names.
from snakemake.utils import min_version

min_version("9.27")


report: "workflow/report/workflow.rst"


include: "workflow/rules/common.smk"  # reads and checks config.yaml
include: "workflow/rules/inputs.smk"
include: "workflow/rules/slices.smk"
include: "workflow/rules/data.smk"
include: "workflow/rules/train.smk"
include: "workflow/rules/density.smk"
include: "workflow/rules/perturb.smk"
include: "workflow/rules/corruptions.smk"
include: "workflow/rules/analyses.smk"
include: "workflow/rules/figures.smk"


rule all:
    default_target: True
    input:
        expand(f"{RESULTS}/figures/{{figure}}.{{suffix}}", figure=FIGURES, suffix=["pdf", "png"]),
        expand(f"{RESULTS}/tables/{{table}}.{{suffix}}", table=TABLES, suffix=["csv", "md"]),
        f"{RESULTS}/tables/classes.parquet",
        f"{RESULTS}/summary.md",
