"""One engine per dialect, column types that behave alike, bulk statements, search."""
