"""Perturbations that are made so that an image is misclassified."""
