"""Search in the database's own full-text index: FTS5, GIN or FULLTEXT, with one folding of text for all of them.

Each database finds candidates by words, their beginnings, and fragments of codes; what a word is, what answers a query
and what comes first is decided here, so that the three agree. See docs/decisions/0012.
"""

from mercat.core.database.search.finding import Found, find
from mercat.core.database.search.writing import clear_index, create_index, drop_index, put, remove

__all__ = ["Found", "clear_index", "create_index", "drop_index", "find", "put", "remove"]
