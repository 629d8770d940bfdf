"""Who sells to us: suppliers, their feeds and files, and what they offer."""
