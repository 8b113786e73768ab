"""Reporting: what people read and fill in, made of the published marts."""
