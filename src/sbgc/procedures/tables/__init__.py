"""Class scores to tidy tables: one row for each measured quantity."""
