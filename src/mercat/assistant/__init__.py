"""The door for assistants: tools and resources of the Model Context Protocol. What writes makes suggestions, never changes."""
