"""Sets that wait for a person: what in them was flagged, and what was decided about it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, false, func, or_, select
from sqlalchemy.orm import aliased

from mercat.core.database.bulk import Bulk, chunks
from mercat.core.lists import Field, ListSpec
from mercat.core.repository import Repository
from mercat.domain.catalog.fields import OFFER, STATEMENT
from mercat.domain.catalog.models import Change, ChangeSet, Product, ProductVariant, ReviewDecision
from mercat.domain.catalog.models.changes import DECISIONS, KINDS, ROW, RULE

# These rules look at a whole set and flag no change of it; what they speak of is what is looked at.
_OF_THE_SET = {
    "archive_share": and_(Change.kind == "archive", Change.field == OFFER),
    "feed_shrunk": and_(Change.kind == "archive", Change.field == OFFER),
    "mass_rename": and_(Change.kind == "update", Change.field == "name"),
}
_IS_SAID_ELSEWHERE = or_(Change.field.is_(None), Change.field.not_in((STATEMENT, OFFER)))
_PARTS: dict[str, ColumnElement[bool]] = {
    # Of one kind, the index gives them in order; of two, a million would be sorted for each page.
    "changed": and_(Change.kind == "update", _IS_SAID_ELSEWHERE),
    "new": Change.kind.in_(("create", "restore")),
    "missing": and_(Change.kind == "archive", Change.field == OFFER),
}
PARTS = ("flagged", *_PARTS)
REVIEW = ListSpec(
    "review",
    "catalog.read",
    Change.__table__.outerjoin(Product.__table__, Product.id == Change.product_id)
    .outerjoin(ProductVariant.__table__, ProductVariant.id == Change.variant_id)
    .outerjoin(
        ReviewDecision.__table__,
        and_(
            ReviewDecision.change_set_id == Change.change_set_id,
            ReviewDecision.subject == ROW,
            ReviewDecision.name == Change.source_key,
        ),
    ),
    Change.id,
    {
        "id": Field(Change.id),
        "change_set_id": Field(Change.change_set_id, is_filter=True),
        "product_id": Field(Change.product_id, is_filter=True),
        "product": Field(Product.name),
        "handle": Field(Product.handle),
        "sku": Field(ProductVariant.sku),
        "kind": Field(Change.kind, is_filter=True, choices=KINDS),
        "field": Field(Change.field, is_filter=True),
        "old": Field(Change.old_value),
        "new": Field(Change.new_value),
        "price": Field(ProductVariant.price, help="of the variant, as it is now"),
        "cost_price": Field(ProductVariant.cost_price, help="of the variant, as it is now"),
        "currency": Field(ProductVariant.currency),
        "flag": Field(Change.flag, is_filter=True, help="the guard that flagged it"),
        "key": Field(
            Change.source_key, is_filter=True, help="the supplier's key: what is decided, is decided for its row"
        ),
        "line": Field(Change.line),
        "decision": Field(ReviewDecision.decision, is_filter=True, choices=DECISIONS),
        "decided_by": Field(ReviewDecision.decided_by),
        "status": Field(Change.status, is_filter=True, choices=("planned", "skipped", "conflict", "reverted")),
        "reason": Field(Change.reason),
    },
    is_newest_first=False,
)


def review_of(
    part: str, rules: Collection[str], *, product_ids: Collection[UUID] | None = None, q: str = ""
) -> ListSpec:
    """The list of one part of a set: ``flagged`` by these rules, ``changed``, ``new`` or ``missing``.

    ``q`` with the products that it finds: only changes of those; of what is new, the row of this key.
    """
    within = [_flagged(rules) if part == "flagged" else _PARTS[part]]
    if product_ids is not None:
        # What is new is no product yet: it is found by its key alone, and looked for among its kind.
        is_new = and_(Change.kind == "create", Change.source_key == q)
        within.append(is_new if part == "new" else _of_products(product_ids))
    return replace(REVIEW, within=tuple(within))


def review_of_product(product_id: UUID) -> ListSpec:
    """What is changed of one product."""
    return replace(REVIEW, within=(_of_products([product_id]), _IS_SAID_ELSEWHERE))


def _of_products(product_ids: Collection[UUID]) -> ColumnElement[bool]:
    # By the products' own index, and not along the whole set in its order, as SQLite would rather.
    of_them = aliased(Change)
    return Change.id.in_(select(of_them.id).where(of_them.product_id.in_(list(product_ids))))


def _flagged(rules: Collection[str]) -> ColumnElement[bool]:
    parts = [condition for rule, condition in _OF_THE_SET.items() if rule in rules]
    own = [rule for rule in rules if rule not in _OF_THE_SET]
    if own:
        parts.append(Change.flag.in_(own))
    return or_(*parts) if parts else false()


class ReviewRepository(Repository[ReviewDecision]):
    """Decisions about parts of sets."""

    model = ReviewDecision

    def decided(self, change_set_id: UUID, subject: str) -> dict[str, str]:
        """Name of the row or rule → what was decided."""
        rows = select(ReviewDecision.name, ReviewDecision.decision).where(
            ReviewDecision.change_set_id == change_set_id, ReviewDecision.subject == subject
        )
        return {name: decision for name, decision in self.session.execute(rows)}  # noqa: C416  # rows are Row objects, not pairs

    def keys_of(self, change_set_id: UUID, change_ids: Sequence[UUID]) -> list[str]:
        """The rows that these changes of the set belong to."""
        found: set[str] = set()
        for some in chunks(change_ids, 500):
            rows = select(Change.source_key).where(Change.id.in_(some), Change.change_set_id == change_set_id)
            found.update(key for key in self.session.scalars(rows) if key is not None)
        return sorted(found)

    def forget(self, change_set_id: UUID, subject: str, names: Sequence[str]) -> None:
        """These rows or rules are open again."""
        for some in chunks(names, 500):
            self.session.execute(
                delete(ReviewDecision).where(
                    ReviewDecision.change_set_id == change_set_id,
                    ReviewDecision.subject == subject,
                    ReviewDecision.name.in_(some),
                ),
                execution_options={"synchronize_session": False},
            )

    def flagged(self, change_set_id: UUID, rules: Collection[str]) -> Iterator[tuple[str, str]]:
        """(row, rule) of everything that was flagged in a set."""
        own = [rule for rule in rules if rule not in _OF_THE_SET]
        if own:
            rows = select(Change.source_key, Change.flag).where(
                Change.change_set_id == change_set_id, Change.flag.in_(own), Change.source_key.is_not(None)
            )
            yield from ((str(key), str(flag)) for key, flag in self.session.execute(rows))
        for rule, condition in _OF_THE_SET.items():
            if rule in rules:
                keys = select(Change.source_key).where(
                    Change.change_set_id == change_set_id, condition, Change.source_key.is_not(None)
                )
                yield from ((str(key), rule) for key in self.session.scalars(keys))

    def count_rows(self, change_set_id: UUID) -> int:
        """How many rows of the source a set would take, at most."""
        rows = select(func.count(Change.source_key.distinct())).where(Change.change_set_id == change_set_id)
        return self.session.scalar(rows) or 0


class SiftingBulk:
    """All changes of a set, passed once."""

    def __init__(self, bulk: Bulk) -> None:
        self.bulk = bulk

    def rows(self, change_set: ChangeSet) -> Iterator[tuple[bytes, str, str | None, str]]:
        """Id, kind, field and row of each planned change that belongs to a row."""
        size, own = 20_000, self.bulk.id(change_set.id.bytes)
        for kind in KINDS:
            after = bytes(16)
            while True:
                found = self.bulk.fetch(
                    "SELECT id, kind, field, source_key FROM changes WHERE change_set_id = ? AND kind = ? AND id > ? "
                    f"AND status = 'planned' AND source_key IS NOT NULL ORDER BY id LIMIT {size}",
                    (own, kind, self.bulk.id(after)),
                )
                yield from ((self.bulk.id_of(row[0]), row[1], row[2], row[3]) for row in found)
                if len(found) < size:
                    break
                after = self.bulk.id_of(found[-1][0])


__all__ = ["PARTS", "REVIEW", "RULE", "ReviewRepository", "SiftingBulk", "review_of", "review_of_product"]
