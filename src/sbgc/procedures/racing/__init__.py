"""Decisions with no more network evaluations than they need."""
