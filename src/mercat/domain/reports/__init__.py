"""What screens want to know of several rooms at once. This room reads all others and writes nothing."""
