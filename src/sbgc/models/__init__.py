"""Each binds a net to a density or a classifier; independent of each other."""
