"""One module per verb, one command line each: paths in, one artefact out."""
