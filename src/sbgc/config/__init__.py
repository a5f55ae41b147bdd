"""The configuration: what config.yaml may hold, and how a mistake in it is told.

The settings are frozen pydantic models with bounds. They hold no scientific default: every number stands in a YAML
file. A rule passes the settings of a step as JSON, and the step parses them back into these models. No model here
computes anything, so that none of this package is in a code digest.
"""
