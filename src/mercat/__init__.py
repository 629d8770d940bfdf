"""Mercat: a self-hosted commerce hub."""

__version__ = "0.1.0"
