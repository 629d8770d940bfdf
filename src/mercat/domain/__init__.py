"""The business: one room per noun of the trade; a room may use only the rooms below it."""
