"""Suggestions: what could be done about what was seen, with reasons; a person says yes, and it becomes a change."""
