"""Dagster definitions, one module per stage, found by asking this package. They wire; logic stands in pipeline.py."""
