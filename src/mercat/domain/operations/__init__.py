"""What ran, when, and how it went."""
