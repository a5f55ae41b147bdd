"""The grid of the fast procedure, calibrated to a model."""
