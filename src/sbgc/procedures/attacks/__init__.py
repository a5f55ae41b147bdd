"""Perturbations that are made to be misclassified."""
