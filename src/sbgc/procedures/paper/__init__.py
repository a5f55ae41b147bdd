"""What a reader sees of the tidy tables: the paper's tables and the summary."""
