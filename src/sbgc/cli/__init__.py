"""The command `sbgc`: what one asks of models that an experiment has trained, without Snakemake."""
