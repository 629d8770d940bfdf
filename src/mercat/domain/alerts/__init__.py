"""Alerts: what needs a person, said once, and to whom it is told."""
