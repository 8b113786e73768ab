"""Alerting: what the controls found becomes incidents, kept from opening to resolution."""
