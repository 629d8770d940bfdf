"""Reads Shopify's product CSV: the rows of one handle are one product."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from mercat.connectors.shopify_csv import columns, wire
from mercat.connectors.shopify_csv.settings import ShopifyCsvSettings
from mercat.sdk import metafields, values
from mercat.sdk.digests import RowDigest
from mercat.sdk.errors import Unreadable
from mercat.sdk.feeds import ReadOptions, Table
from mercat.sdk.grouping import Group, grouped
from mercat.sdk.inspecting import inspect_table
from mercat.sdk.peeking import first_cells, heads
from mercat.sdk.records import BadRow, FeedRow, Stated
from mercat.sdk.roles import FeedFile, Inspection
from mercat.sdk.tables import in_batches, opened, tables

_TELLING = ("option1_name", "option1_value", "sku", "price", "oversell", "grams", "image", "requires_shipping")


class ShopifyCsvFeed:
    """Plays ``SupplierFeed``. The file is read twice: see ``mercat.sdk.grouping``."""

    def __init__(self, settings: ShopifyCsvSettings) -> None:
        self._settings = settings
        self._digest = RowDigest("shopify-csv", settings)
        self._options = ReadOptions(encoding=settings.encoding)

    def recognises(self, files: Sequence[FeedFile]) -> float:
        """By the headings: a handle, a title and several that only Shopify has."""
        return max((_likeness(first_cells(text)) for _, text in heads(files)), default=0.0)

    def inspect(self, files: Sequence[FeedFile]) -> Inspection:
        """Every column with what it becomes; those that become nothing are named in the notes."""
        for _, table in tables(files, self._options):
            if _is_ours(table.header):
                return inspect_table("shopify-csv", table, _field)
        raise Unreadable(_not_ours(files))

    def batches(self, files: Sequence[FeedFile]) -> Iterator[list[FeedRow | BadRow]]:
        """One feed row per handle. Raises ``Unreadable`` where no file has Shopify's headings."""
        return in_batches(self._rows(files))

    def to_record(self, row: FeedRow) -> Stated:
        """Convert the rows of one handle."""
        return wire.to_record(wire.Sheet(*row.raw), self._settings)

    def _rows(self, files: Sequence[FeedFile]) -> Iterator[FeedRow | BadRow]:
        found = False
        for member, table in tables(files, self._options):
            if not _is_ours(table.header):
                yield BadRow(1, ",".join(table.header)[:500], f"{member.name} is not a Shopify product CSV: left out")
                continue
            found = True
            salt = self._digest.of(table.header)
            key_of = partial(_key, *_places(table.header))
            for one in grouped(partial(opened, member, self._options), key_of):
                yield self._feed_row(one, table, salt) if isinstance(one, Group) else one
        if not found:
            raise Unreadable(_not_ours(files))

    def _feed_row(self, group: Group, table: Table, salt: int) -> FeedRow:
        # The headings are digested once per file, not once per row.
        digest = self._digest.of([salt, group.rows])
        return FeedRow(group.key, group.line, digest, (group.key, table.header, group.rows))


def _places(header: Sequence[str]) -> tuple[int | None, int | None]:
    meanings = [columns.meaning(heading) for heading in header]
    handle, title = (meanings.index(one) if one in meanings else None for one in (columns.HANDLE, columns.TITLE))
    return handle, title


def _key(handle_at: int | None, title_at: int | None, cells: Sequence[str]) -> str:
    """The handle; a product without one is called by its title, as Shopify itself does on import."""
    handle = cells[handle_at].strip() if handle_at is not None else ""
    return handle or (values.slug(cells[title_at]) if title_at is not None else "")


def _is_ours(header: Sequence[str]) -> bool:
    meanings = {columns.meaning(heading) for heading in header}
    return columns.TITLE in meanings and len(meanings & {columns.HANDLE, *_TELLING}) > 1


def _likeness(header: Sequence[str]) -> float:
    meanings = {columns.meaning(heading) for heading in header}
    if columns.TITLE not in meanings or columns.HANDLE not in meanings:
        return 0.0
    telling = len(meanings & set(_TELLING)) / len(_TELLING)
    # A price belongs to every Shopify file; a look-alike without one comes from somebody else's export.
    return round((0.5 + telling / 2) * (1.0 if "price" in meanings else 0.6), 2)


def _field(heading: str) -> str | None:
    google = columns.google_metafield(heading)
    column = metafields.heading(heading)
    if google or column:
        return f"metafields.{google or (column.name if column else '')}"
    return columns.meaning(heading)


def _not_ours(files: Sequence[FeedFile]) -> str:
    names = ", ".join(file.name for file in files) or "no file"
    return f"{names}: no table with Shopify's headings (Handle or URL handle, Title, ...); is it another connector's?"
