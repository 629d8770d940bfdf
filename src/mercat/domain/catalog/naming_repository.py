"""Where the catalogue's texts name something by its address."""

from __future__ import annotations

from collections.abc import Iterator

from mercat.core.database.bulk import Bulk


class NamingBulk:
    """Set-wise look-ups in products and their whole history."""

    def __init__(self, bulk: Bulk) -> None:
        self.bulk = bulk

    def naming(self, beginning: str) -> Iterator[str]:
        """The texts of pictures and changes that hold this beginning of an address (plain letters and slashes).

        All of history is read: ask only where something is to be taken away for good.
        """
        for row in self.bulk.fetch("SELECT url FROM product_images WHERE url LIKE ?", [f"{beginning}%"]):
            yield row[0]
        new = self.bulk.json_text("new_value")
        for row in self.bulk.fetch(f"SELECT {new} FROM changes WHERE {new} LIKE ?", [f"%{beginning}%"]):
            yield row[0]
