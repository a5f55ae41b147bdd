"""Score-based generative classifiers (Zimmermann et al. 2021), reproduced."""

__version__ = "0.1.0"
