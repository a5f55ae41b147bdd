"""The name of a network's variables that no gradient changes, such as a random permutation drawn once."""

FIXED = "fixed"  # a collection of flax beside "params": the optimizer never sees it
