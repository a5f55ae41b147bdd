"""Attacks on the input of a classifier, each a machine of arrays for one image (protocol.py)."""
