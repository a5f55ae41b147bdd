"""Tidy tables to what a reader sees: the paper's tables, and the summary."""
