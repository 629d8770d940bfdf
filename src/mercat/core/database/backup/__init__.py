"""Backups: one file that holds a database, in its own form or in one for all three, with a manifest that proves it."""
