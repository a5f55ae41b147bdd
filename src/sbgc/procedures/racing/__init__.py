"""Decisions that take no more network evaluations than they need."""
