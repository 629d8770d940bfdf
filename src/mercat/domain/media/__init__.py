"""Pictures of one's own: checked, cleaned of what nobody shall read, kept once by their content. They do not know what they show."""
