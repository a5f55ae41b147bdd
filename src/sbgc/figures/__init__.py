"""Tables to matplotlib figures, one module a figure; imports no jax."""
