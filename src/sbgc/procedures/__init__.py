"""What is done with models: training, Bayes' rule, attacks, interpolation, calibration."""
