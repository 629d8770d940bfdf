"""Single tables as files, and back: CSV, JSON Lines, XLSX and Parquet, without loss."""
