"""What is done with models: training, scoring by Bayes' rule, attacks, races, interpolation and tables."""
