"""The tables as they are described by the models: drawn, grouped by room."""
