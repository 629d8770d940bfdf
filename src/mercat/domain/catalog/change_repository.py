"""Change sets and their changes: written in bulk, read a page at a time."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import delete, func, select

from mercat.core.database.bulk import CHUNK, Bulk, chunks
from mercat.core.errors import NotFound
from mercat.core.page import Page
from mercat.core.repository import Repository
from mercat.domain.catalog.models import Change, ChangeSet, Restatement
from mercat.domain.catalog.models.changes import KINDS

CREATIONS = ("create",)
LATER = tuple(kind for kind in KINDS if kind not in CREATIONS)
# Changes of these sets stand in the catalogue now.
STANDING = ("applied", "partially_applied")


class Planned(NamedTuple):
    """One change on its way into the table, in the order of its columns. Values are JSON text; ids are 16 bytes."""

    id: bytes
    product_id: bytes | None
    variant_id: bytes | None
    kind: str
    field: str | None
    old_value: str | None
    new_value: str | None
    flag: str | None
    source_key: str | None
    line: int | None
    digest: int | None
    status: str = "planned"
    reason: str | None = None


class Kept(NamedTuple):
    """One change as read back. Values are JSON text."""

    id: bytes
    product_id: bytes | None
    variant_id: bytes | None
    kind: str
    field: str | None
    old_value: str | None
    new_value: str | None
    source_key: str | None
    line: int | None
    digest: int | None

    def new(self) -> Any:
        """The new value, decoded."""
        return None if self.new_value is None else msgspec.json.decode(self.new_value)

    def old(self) -> Any:
        """The old value, decoded."""
        return None if self.old_value is None else msgspec.json.decode(self.old_value)


# NamedTuple's own constructors are Python functions; these stay in C, a million times per first load.
planned_of: Callable[[tuple[Any, ...]], Planned] = partial(tuple.__new__, Planned)
_kept: Callable[[tuple[Any, ...]], Kept] = partial(tuple.__new__, Kept)


class Statement(NamedTuple):
    """A change with its set: what some source said, or did, about a product. It may not stand any more."""

    change: Kept
    change_set_id: bytes
    origin: str
    source: str
    precedence: int
    order: tuple[str, bytes]
    stands: bool


class ChangeRepository(Repository[Change]):
    """The changes of change sets."""

    model = Change

    def of_set(self, change_set_id: UUID, *, page: int = 1, per_page: int = 50, flagged: bool = False) -> Page[Change]:
        """The changes of one set, as planned; statements are left out, for they say nothing that the others do not."""
        rows = select(Change).where(
            Change.change_set_id == change_set_id, (Change.field.is_(None)) | (Change.field != "statement")
        )
        if flagged:
            rows = rows.where(Change.flag.is_not(None))
        return self.paged(rows.order_by(Change.id), page=page, per_page=per_page)

    def lines_of(self, change_set_id: UUID) -> dict[int, tuple[str, UUID | None]]:
        """Line of the source → (created, updated or unchanged; the product)."""
        rows = select(Change.line, Change.kind, Change.field, Change.product_id).where(
            Change.change_set_id == change_set_id, Change.line.is_not(None)
        )
        found: dict[int, tuple[str, UUID | None]] = {}
        for number, kind, field, product_id in self.session.execute(rows):
            line = int(number or 0)
            if kind == "create" and field is None:
                found[line] = ("created", product_id)
            elif field != "statement":
                found.setdefault(line, ("updated", product_id))
                if found[line][0] == "unchanged":
                    found[line] = ("updated", product_id)
            else:
                found.setdefault(line, ("unchanged", product_id))
        return found

    def about_categories(self, change_set_id: UUID) -> list[Change]:
        """The set's changes of the category tree, in the order of their making."""
        rows = select(Change).where(Change.change_set_id == change_set_id, Change.field.like("category.%"))
        return list(self.session.scalars(rows.order_by(Change.id)))


class ChangeSetRepository(Repository[ChangeSet]):
    """Change sets by their fate."""

    model = ChangeSet

    def get_by_reference(self, reference: str) -> ChangeSet:
        """By id, or by its end or beginning, as a terminal shows it. Raises ``NotFound``."""
        found = self.by_reference(reference)
        if found is None:
            message = f"no change set {reference}: mercat changes list shows them"
            raise NotFound(message)
        return found

    def newest(self, *, status: str | None = None, page: int = 1, per_page: int = 50) -> Page[ChangeSet]:
        """Newest first."""
        rows = select(ChangeSet).order_by(ChangeSet.created_at.desc(), ChangeSet.id.desc())
        if status is not None:
            rows = rows.where(ChangeSet.status == status)
        return self.paged(rows, page=page, per_page=per_page)

    def abandoned(self) -> list[ChangeSet]:
        """Sets whose planning never ended, and planned ones that their run meant to apply at once."""
        rows = select(ChangeSet).where(ChangeSet.status.in_(("planning", "planned")), ChangeSet.applied_at.is_(None))
        return [
            each for each in self.session.scalars(rows) if each.status == "planning" or each.evidence.get("will_apply")
        ]

    def locked(self, change_set_id: UUID) -> ChangeSet:
        """The set, kept from other deciders until this unit ends. Raises ``NotFound``."""
        found = self.session.scalars(
            select(ChangeSet)
            .where(ChangeSet.id == change_set_id)
            .with_for_update()
            .execution_options(populate_existing=True)
        ).one_or_none()
        if found is None:
            message = f"no change set {change_set_id}"
            raise NotFound(message)
        return found

    def last_of(self, source: str) -> ChangeSet | None:
        """The newest set of this source that was applied, undone, held or turned down."""
        rows = select(ChangeSet).where(
            ChangeSet.source == source,
            ChangeSet.origin.in_(("feed", "import")),
            ChangeSet.status.in_((*STANDING, "undone", "held", "rejected")),
        )
        return self.session.scalars(rows.order_by(ChangeSet.id.desc()).limit(1)).one_or_none()

    def family(self, source: str) -> list[ChangeSet]:
        """Every import of this source that was ever applied, in the order of applying."""
        rows = select(ChangeSet).where(
            ChangeSet.source == source, ChangeSet.origin.in_(("feed", "import")), ChangeSet.applied_at.is_not(None)
        )
        return list(self.session.scalars(rows.order_by(ChangeSet.applied_at, ChangeSet.id)))

    def statuses(self, change_set_ids: Collection[UUID]) -> set[str]:
        """The statuses that these sets have; those that are gone have none."""
        return set(self.session.scalars(select(ChangeSet.status).where(ChangeSet.id.in_(change_set_ids))))

    def has_other_sources(self, source: str) -> bool:
        """Whether a set of anybody else was ever applied."""
        rows = select(ChangeSet.id).where(
            ChangeSet.source != source, ChangeSet.applied_at.is_not(None), ChangeSet.origin != "undo"
        )
        return self.session.scalar(rows.limit(1)) is not None

    def not_indexed(self) -> list[ChangeSet]:
        """Sets that the search index has not learnt of, oldest first."""
        rows = select(ChangeSet).where(ChangeSet.indexed_at.is_(None), ChangeSet.status.in_((*STANDING, "undone")))
        return list(self.session.scalars(rows.order_by(ChangeSet.applied_at)))

    def count_by_kind(self, change_set_id: UUID) -> dict[str, int]:
        """How many changes of each kind, statements left out."""
        rows = self.session.execute(
            select(Change.kind, func.count())
            .where(Change.change_set_id == change_set_id, (Change.field.is_(None)) | (Change.field != "statement"))
            .group_by(Change.kind)
        )
        return {kind: count for kind, count in rows}  # noqa: C416  # rows are Row objects, not pairs

    def discard(self, change_set_id: UUID) -> None:
        """Remove a set that never was decided, with all its changes."""
        self.session.execute(delete(ChangeSet).where(ChangeSet.id == change_set_id))


class ChangeBulk:
    """Changes by the thousand."""

    def __init__(self, bulk: Bulk) -> None:
        self.bulk = bulk

    def insert(self, change_set_id: bytes, planned: Iterable[Planned], now: dt.datetime) -> None:
        """Write changes of one set."""
        at = self.bulk.time(now)
        for some in chunks(planned, CHUNK):
            columns = dict(zip(Planned._fields, zip(*some, strict=True), strict=True))
            ids = {name: self.bulk.ids(columns[name]) for name in ("id", "product_id", "variant_id")}
            same = {"change_set_id": self.bulk.id(change_set_id), "created_at": at, "updated_at": at}
            self.bulk.insert_columns(
                "changes", columns | ids | {name: (value,) * len(some) for name, value in same.items()}
            )

    def pages(
        self, change_set_id: bytes, where: str = "1 = 1", *, kinds: Sequence[str] = KINDS, size: int
    ) -> Iterator[list[Kept]]:
        """The planned changes of a set, kind by kind in the order of their planning, a page at a time."""
        # Kind by kind, since the index has them so: all at once, every page would read and sort the whole set.
        for kind in kinds:
            after = bytes(16)
            while page := self._page(change_set_id, kind, where, after, size):
                yield page
                after = page[-1].id

    def created(self, change_set_id: bytes) -> list[bytes]:
        """The products that a set has created, in order."""
        sql = (
            "SELECT product_id FROM changes WHERE change_set_id = ? AND kind = 'create' AND field IS NULL "
            "AND status = 'planned' AND product_id IS NOT NULL ORDER BY product_id"
        )
        return [self.bulk.id_of(row[0]) for row in self.bulk.fetch(sql, (self.bulk.id(change_set_id),))]

    def _page(self, change_set_id: bytes, kind: str, where: str, after: bytes, size: int) -> list[Kept]:
        rows = self.bulk.fetch(
            f"SELECT {self._kept()} FROM changes WHERE change_set_id = ? AND kind = ? AND {where} "
            f"AND status = 'planned' AND id > ? ORDER BY id LIMIT {size}",
            (self.bulk.id(change_set_id), kind, self.bulk.id(after)),
        )
        if not rows:
            return []
        ids, products, variants, *rest = zip(*rows, strict=True)
        return list(map(_kept, zip(*map(self.bulk.ids_of, (ids, products, variants)), *rest, strict=True)))

    def _kept(self, prefix: str = "") -> str:
        return (
            f"{prefix}id, {prefix}product_id, {prefix}variant_id, {prefix}kind, {prefix}field, "
            f"{self.bulk.json_text(prefix + 'old_value')}, {self.bulk.json_text(prefix + 'new_value')}, "
            f"{prefix}source_key, {prefix}line, {prefix}digest"
        )

    def _read(self, row: Sequence[Any]) -> Kept:
        id_of = self.bulk.id_of
        return Kept(
            id_of(row[0]),
            None if row[1] is None else id_of(row[1]),
            None if row[2] is None else id_of(row[2]),
            *row[3:10],
        )

    def statements(self, product_ids: Collection[bytes]) -> dict[bytes, list[Statement]]:
        """Everything that was ever applied to these products, oldest first, by product; undoings are not statements."""
        found: dict[bytes, list[Statement]] = {}
        for some in chunks(sorted(product_ids), 500):
            where, parameters = self.bulk.among("c.product_id", some, ids=True)
            rows = self.bulk.fetch(
                f"SELECT {self._kept('c.')}, s.id, s.origin, s.source, s.precedence, s.applied_at, s.status "
                f"FROM changes c JOIN change_sets s ON s.id = c.change_set_id WHERE {where} "
                "AND s.applied_at IS NOT NULL AND c.status = 'planned' AND s.origin <> 'undo' "
                "ORDER BY s.applied_at, c.id",
                parameters,
            )
            for row in rows:
                kept = self._read(row)
                entry = Statement(
                    kept,
                    self.bulk.id_of(row[10]),
                    row[11],
                    row[12],
                    row[13],
                    (str(row[14]), kept.id),
                    row[15] in STANDING,
                )
                found.setdefault(kept.product_id or b"", []).append(entry)
        return found

    def mark(self, ids: Sequence[bytes], status: str, reason: str, now: dt.datetime) -> None:
        """Say that some changes fared differently from their set."""
        at, to_id = self.bulk.time(now), self.bulk.id
        self.bulk.update(
            "changes", ("status", "reason", "updated_at"), [(status, reason, at, to_id(each)) for each in ids]
        )

    def retract(self, change_set_id: bytes, first: bytes, last: bytes, keys: Collection[str]) -> Counter[str]:
        """Take back planned changes whose rows a later line of the same file repeats; the flags and renamings in them."""
        where, among = self.bulk.among("source_key", list(keys))
        where = f"id BETWEEN ? AND ? AND change_set_id = ? AND {where}"
        parameters = (self.bulk.id(first), self.bulk.id(last), self.bulk.id(change_set_id), *among)
        gone: Counter[str] = Counter()
        for field, flag in self.bulk.fetch(f"SELECT field, flag FROM changes WHERE {where}", parameters):
            gone["renamed"] += field == "name"
            if flag is not None:
                gone[flag] += 1
        self.bulk.run(f"DELETE FROM changes WHERE {where}", parameters)
        return gone

    def adopt(self, change_ids: Sequence[bytes], change_set_id: bytes) -> None:
        """Hand changes over to another set."""
        self.bulk.update(
            "changes", ("change_set_id",), [(self.bulk.id(change_set_id), self.bulk.id(each)) for each in change_ids]
        )

    def give_back(self, change_set_id: bytes, before: bytes, holders: Sequence[bytes]) -> None:
        """What was planned between the births of a set and of the next one, and other sets hold by now, is its again."""
        for some in chunks(holders, 500):
            where, among = self.bulk.among("change_set_id", some, ids=True)
            to_id = self.bulk.id
            self.bulk.run(
                f"UPDATE changes SET change_set_id = ? WHERE {where} AND id > ? AND id < ? AND source_key IS NOT NULL",
                (to_id(change_set_id), *among, to_id(change_set_id), to_id(before)),
            )

    def existing(self, product_ids: Collection[bytes]) -> set[bytes]:
        """Which of these products there are."""
        found: set[bytes] = set()
        for some in chunks(sorted(product_ids), 2000):
            where, parameters = self.bulk.among("id", some, ids=True)
            found.update(
                self.bulk.id_of(row[0]) for row in self.bulk.fetch(f"SELECT id FROM products WHERE {where}", parameters)
            )
        return found

    def categories_of_undone(self) -> list[str]:
        """The ids, in hex, of categories that were made by sets that stand no longer, or by undoings."""
        sql = (
            f"SELECT {self.bulk.json_text('c.new_value')} FROM change_sets s JOIN changes c ON c.change_set_id = s.id "
            "WHERE c.kind = 'create' AND c.field = 'category.created' AND (s.status = 'undone' OR s.origin = 'undo')"
        )
        return [str(msgspec.json.decode(row[0])) for row in self.bulk.fetch(sql)]


class RestatementRepository(Repository[Restatement]):
    """What a set's source said again without a change."""

    model = Restatement

    def of_set(self, change_set_id: UUID) -> Iterator[bytes]:
        """The packed keys of one set, a batch each."""
        yield from self.session.scalars(select(Restatement.keys).where(Restatement.change_set_id == change_set_id))
