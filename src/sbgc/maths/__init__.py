"""Mathematics that is testable on its own: no flax, no files."""
