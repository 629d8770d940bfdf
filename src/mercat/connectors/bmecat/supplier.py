"""Reads BMEcat files in two passes: header, groups and group maps first, then the articles.

The maps of articles to groups stand behind the articles in the file, so they have to be known beforehand; they are
kept in a temporary database, because there is one for every article.
"""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from lxml.etree import QName, _Element

from mercat.connectors.bmecat import wire, xml
from mercat.connectors.bmecat.settings import BmecatSettings
from mercat.sdk.digests import RowDigest
from mercat.sdk.errors import Unreadable
from mercat.sdk.feeds import Member, ReadOptions, iterate_xml, open_members, sniff
from mercat.sdk.inspecting import inspect_records
from mercat.sdk.peeking import heads
from mercat.sdk.records import BadRow, FeedRow, Stated
from mercat.sdk.roles import FeedFile, Inspection
from mercat.sdk.scratch import scratch_database
from mercat.sdk.tables import in_batches

_SAMPLE = 200
_CATALOG = "catalog groups"
_FIELDS = {
    "short": "name",
    "long": "description",
    "manufacturer": "brand",
    "part_number": "manufacturer_part_number",
    "alternative": "variants.identifiers",
    "lead_time": "offer.lead_time_days",
    "gtins": "variants.barcode",
    "keywords": "tags",
    "buyer_pids": "variants.identifiers",
    "features": "metafields.bmecat",
    "statuses": "metafields.bmecat",
    "remarks": "metafields.bmecat",
    "type": "metafields.bmecat",
    "order": "offer",
    "prices": "variants.price and offer.cost",
    "media": "images",
    "logistics": "variants",
    "category": "category",
    "key": "variants.sku",
    "mode": "status",
}
# Facts about the file rather than columns of the article.
_ABOUT_THE_FILE = {"transaction", "mime_root", "currency", "generated", "details", "manufacturer_id"}


@dataclass
class _Groups:
    """Category trees of one file, on disk; ``path`` climbs to the root and stops where a tree bites its tail."""

    database: sqlite3.Connection
    system: str = ""
    header: dict[str, Any] = field(default_factory=dict)
    transaction: str = ""
    is_bmecat: bool = False

    def __post_init__(self) -> None:
        self.database.execute("CREATE TABLE groups (system, id, name, parent, kind, PRIMARY KEY (system, id))")
        self.database.execute("CREATE TABLE maps (article, id, PRIMARY KEY (article, id)) WITHOUT ROWID")

    def add(self, group: tuple[str, str, str, str, str]) -> None:
        self.database.execute("INSERT OR REPLACE INTO groups VALUES (?, ?, ?, ?, ?)", group)

    def map(self, article: str, group: str, *, deleted: bool) -> None:
        if not deleted:
            self.database.execute("INSERT OR REPLACE INTO maps VALUES (?, ?)", (article, group))

    def category(self, raw: dict[str, Any]) -> str | None:
        """By the article's own classification where the file brings the tree, else by the catalogue's groups."""
        stated = [(block["system"], block["group"]) for block in raw["features"] if block["group"]]
        mapped = self.database.execute("SELECT id FROM maps WHERE article = ? ORDER BY id", (raw["key"],))
        paths = (self.path(*one) for one in [*stated, *((_CATALOG, row[0]) for row in mapped.fetchall())])
        return next((path for path in paths if path), None)

    def path(self, system: str, identifier: str) -> str | None:
        names: list[str] = []
        seen: set[str] = set()
        query = "SELECT name, parent, kind FROM groups WHERE system = ? AND id = ?"
        while identifier and identifier not in seen:
            seen.add(identifier)
            found = self.database.execute(query, (system, identifier)).fetchone()
            if found is None:
                break
            name, identifier, kind = found
            # The root of a catalogue group system is the catalogue itself, not a category.
            if kind != "root" and name:
                names.append(name)
        return " > ".join(reversed(names)) or None


class BmecatFeed:
    """Plays ``SupplierFeed``. An article's key is SUPPLIER_AID (1.2) or SUPPLIER_PID (2005)."""

    def __init__(self, settings: BmecatSettings) -> None:
        self._settings = settings
        self._digest = RowDigest("bmecat", settings)

    def recognises(self, files: Sequence[FeedFile]) -> float:
        """By the root element."""
        return max((0.99 if "<BMECAT" in text else 0.0 for _, text in heads(files)), default=0.0)

    def inspect(self, files: Sequence[FeedFile]) -> Inspection:
        """Describe the first articles."""
        rows = [row.raw for row in itertools.islice(self._rows(files), _SAMPLE) if isinstance(row, FeedRow)]
        flat = [{**row, **row["details"]} for row in rows]
        shown = [{name: value for name, value in row.items() if name not in _ABOUT_THE_FILE} for row in flat]
        inspection = inspect_records("bmecat", "xml", shown, _FIELDS.get)
        inspection.notes.insert(
            0, f"transaction: {rows[0]['transaction']}" if rows else "the catalogue has no articles"
        )
        return inspection

    def batches(self, files: Sequence[FeedFile]) -> Iterator[list[FeedRow | BadRow]]:
        """One feed row per article. Raises ``Unreadable`` where a file is no BMEcat document."""
        return in_batches(self._rows(files))

    def to_record(self, row: FeedRow) -> Stated:
        """Convert one article."""
        return wire.to_record(row.raw, self._settings)

    def _rows(self, files: Sequence[FeedFile]) -> Iterator[FeedRow | BadRow]:
        read = False
        for file in files:
            for member in open_members(file, ReadOptions()):
                if sniff(member) != "xml":
                    yield BadRow(1, member.name, f"{member.name} is not XML: left out")
                    continue
                read = True
                with scratch_database() as database:
                    yield from self._articles(member, _survey(member, _Groups(database)))
        if not read:
            raise Unreadable(f"{', '.join(file.name for file in files) or 'no file'}: no XML in it, so not BMEcat")

    def _articles(self, member: Member, groups: _Groups) -> Iterator[FeedRow | BadRow]:
        about = {name: groups.header.get(name) for name in ("currency", "mime_root", "generated")}
        parties: dict[str, str] = groups.header.get("parties", {})
        with member.open() as stream:
            for line, _, element in iterate_xml(stream, xml.ARTICLES | xml.MAPS, name=member.name):
                if not _is_article(element):
                    continue
                raw = xml.article(element, self._settings.language)
                if not raw["key"]:
                    yield BadRow(
                        line, _opening(element), f"{member.name}, line {line}: the article has no SUPPLIER_AID/PID"
                    )
                    continue
                raw |= {**about, "transaction": groups.transaction, "category": groups.category(raw)}
                raw["manufacturer"] = parties.get(raw["details"].get("manufacturer_id", ""))
                yield FeedRow(raw["key"], line, self._digest.of(_lasting(raw)), raw)


def _survey(member: Member, groups: _Groups) -> _Groups:
    """The first pass. Raises ``Unreadable`` where the document is not BMEcat or holds no transaction."""
    wanted = {"BMECAT", "HEADER", "CLASSIFICATION_SYSTEM_NAME", "CLASSIFICATION_GROUP", "CATALOG_STRUCTURE"}
    # One transaction: a hundred thousand of them would cost more than the reading.
    groups.database.execute("BEGIN")
    with member.open() as stream:
        # Articles are asked for only so that they are thrown away as they pass.
        for _, name, element in iterate_xml(
            stream, wanted | xml.MAPS | xml.TRANSACTIONS | xml.ARTICLES, name=member.name
        ):
            _note(name, element, groups)
    groups.database.execute("COMMIT")
    if not groups.is_bmecat:
        raise Unreadable(f"{member.name}: the root element is not BMECAT, so this is a fragment or another format")
    if not groups.transaction:
        wanted_ones = ", ".join(sorted(xml.TRANSACTIONS))
        raise Unreadable(f"{member.name}: the document has no transaction ({wanted_ones}), so it says nothing")
    return groups


def _note(name: str, element: _Element, groups: _Groups) -> None:
    if name == "BMECAT":
        groups.is_bmecat = element.getparent() is None
    elif name == "HEADER":
        groups.header = xml.header(element)
    elif name in xml.TRANSACTIONS:
        groups.transaction = name
    elif name == "CLASSIFICATION_SYSTEM_NAME":
        groups.system = xml.text(element) or ""
    elif name == "CLASSIFICATION_GROUP":
        identifier, parent = (
            xml.word(element, "CLASSIFICATION_GROUP_ID"),
            xml.word(element, "CLASSIFICATION_GROUP_PARENT_ID"),
        )
        groups.add((groups.system, identifier, xml.word(element, "CLASSIFICATION_GROUP_NAME"), parent, ""))
    elif name == "CATALOG_STRUCTURE":
        identifier, parent = xml.word(element, "GROUP_ID"), xml.word(element, "PARENT_ID")
        groups.add((_CATALOG, identifier, xml.word(element, "GROUP_NAME"), parent, element.get("type") or ""))
    elif name in xml.MAPS:
        article, group, deleted = xml.group_map(element)
        groups.map(article, group, deleted=deleted)


def _is_article(element: _Element) -> bool:
    parent = element.getparent()
    return xml.local(element) in xml.ARTICLES and parent is not None and xml.local(parent) in xml.TRANSACTIONS


def _lasting(raw: dict[str, Any]) -> dict[str, Any]:
    """What the digest sees: not the date of the file, which changes daily, unless prices have periods to compare."""
    dated = any(price["from"] or price["until"] for price in raw["prices"])
    return raw if dated else {name: value for name, value in raw.items() if name != "generated"}


def _opening(element: _Element) -> str:
    return f"<{xml.local(element)} {' '.join(f'{QName(name).localname}={value!r}' for name, value in element.attrib.items())}>"
