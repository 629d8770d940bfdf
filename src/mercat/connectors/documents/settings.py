"""What a merchant can say about product documents."""

from __future__ import annotations

from mercat.sdk.connector import FeedSettings


class DocumentSettings(FeedSettings, frozen=True):
    """``currency`` is for documents that state a price without one. All else stands in the documents."""
