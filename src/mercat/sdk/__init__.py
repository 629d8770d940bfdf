"""Everything needed to write a connector, and nothing else."""
