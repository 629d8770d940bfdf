"""One folder per vendor, found by entry point, imported by nobody."""
