# From raw images to every table and figure: `snakemake --cores all` makes the experiment that config.yaml names.
from snakemake.utils import min_version

min_version("9.27")


report: "workflow/report/workflow.rst"


include: "workflow/rules/common.smk"  # reads and checks the configuration
include: "workflow/rules/settings.smk"
include: "workflow/rules/inputs.smk"
include: "workflow/rules/memory.smk"
include: "workflow/rules/attacked.smk"
include: "workflow/rules/examined.smk"
include: "workflow/rules/data.smk"
include: "workflow/rules/fitting.smk"
include: "workflow/rules/scoring.smk"
include: "workflow/rules/interpolation.smk"
include: "workflow/rules/attacks.smk"
include: "workflow/rules/corruptions.smk"
include: "workflow/rules/outliers.smk"
include: "workflow/rules/tables.smk"
include: "workflow/rules/explaining.smk"
include: "workflow/rules/figures.smk"


rule all:
    default_target: True
    input:
        expand(f"{RESULTS}/figures/{{figure}}.{{suffix}}", figure=contents.figures(CHOSEN), suffix=["pdf", "png"]),
        expand(f"{RESULTS}/tables/{{page}}.{{suffix}}", page=contents.pages(CHOSEN), suffix=["csv", "md"]),
        [f"{RESULTS}/tables/classes.parquet"] * ("classes" in contents.ingredients(CHOSEN)),
        f"{RESULTS}/summary.md",
