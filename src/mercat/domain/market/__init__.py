"""The market watched: listings of ours and of others at marketplaces, what was seen of them and when."""
