"""Readers of the formats that datasets come in: bytes or a path in, labelled images out; nothing in a file is run."""
