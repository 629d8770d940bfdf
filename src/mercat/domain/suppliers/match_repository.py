"""Looking codes up in the catalogue, a batch at a time; and what people decided about them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from mercat.core.database.bulk import CHUNK, Bulk, chunks
from mercat.core.page import Page
from mercat.core.repository import Repository
from mercat.domain.suppliers.matching import Candidate, Key
from mercat.domain.suppliers.models import MatchDecision
from mercat.sdk.values import brand_key, gtin14

_LENGTHS = (13, 12, 8)


class MatchBulk:
    """Candidates by their codes."""

    def __init__(self, bulk: Bulk) -> None:
        self.bulk = bulk

    def find(self, keys: Iterable[Key], supplier_id: bytes) -> dict[Key, list[Candidate]]:
        """The variants that carry each code, with whether this supplier offers them already."""
        wanted: dict[str, set[str]] = {}
        for scheme, value in keys:
            wanted.setdefault(scheme, set()).add(value)
        hits: dict[Key, set[bytes]] = {}
        for scheme, values in wanted.items():
            for key, variant_id in self._hits(scheme, values):
                hits.setdefault(key, set()).add(variant_id)
        known = self._candidates({each for ids in hits.values() for each in ids}, supplier_id)
        return {key: [known[each] for each in sorted(ids) if each in known] for key, ids in hits.items()}

    def _hits(self, scheme: str, values: Collection[str]) -> Iterable[tuple[Key, bytes]]:
        if scheme == "gtin":
            yield from self._gtins(values)
        elif scheme == "mpn":
            sql = "SELECT p.part_key, v.id FROM products p JOIN product_variants v ON v.product_id = p.id WHERE "
            yield from self._look(sql, "p.part_key", scheme, values)
        elif scheme == "sku":
            yield from self._look("SELECT sku, id FROM product_variants WHERE ", "sku", scheme, values)
        else:
            sql = "SELECT value, variant_id FROM product_identifiers WHERE scheme = ? AND "
            yield from self._look(sql, "value", scheme, values, scheme)

    def _look(
        self, sql: str, column: str, scheme: str, values: Collection[str], *parameters: str
    ) -> Iterable[tuple[Key, bytes]]:
        for some in chunks(sorted(values), CHUNK):
            where, more = self.bulk.among(column, some)
            for value, variant_id in self.bulk.fetch(sql + where, (*parameters, *more)):
                yield (scheme, value), self.bulk.id_of(variant_id)

    def _gtins(self, codes: Collection[str]) -> Iterable[tuple[Key, bytes]]:
        # Kept as they are printed: each is looked up in every length that it can be printed in.
        printed = {code[14 - length :] for code in codes for length in _LENGTHS if not code[: 14 - length].strip("0")}
        printed |= set(codes)
        for sql, column in (
            ("SELECT barcode, id FROM product_variants WHERE ", "barcode"),
            ("SELECT value, variant_id FROM product_identifiers WHERE scheme = 'gtin' AND ", "value"),
        ):
            for (scheme, value), variant_id in self._look(sql, column, "gtin", printed):
                yield (scheme, gtin14(value)), variant_id

    def _candidates(self, ids: Collection[bytes], supplier_id: bytes) -> dict[bytes, Candidate]:
        found: dict[bytes, Candidate] = {}
        for some in chunks(sorted(ids), CHUNK):
            where, parameters = self.bulk.among("v.id", some, ids=True)
            offered = (
                "EXISTS (SELECT 1 FROM supplier_offers o WHERE o.variant_id = v.id AND o.supplier_id = ? "
                "AND o.discontinued_at IS NULL)"
            )
            rows = self.bulk.fetch(
                "SELECT v.id, v.product_id, v.sku, p.name, p.brand, p.manufacturer, p.part_key, v.barcode, "
                f"{offered} FROM product_variants v JOIN products p ON p.id = v.product_id WHERE {where}",
                (self.bulk.id(supplier_id), *parameters),
            )
            more = self._more_gtins(some)
            for row in rows:
                variant_id = self.bulk.id_of(row[0])
                gtins = more.get(variant_id, set()) | ({gtin14(row[7])} if row[7] else set())
                found[variant_id] = Candidate(
                    variant_id,
                    self.bulk.id_of(row[1]),
                    row[2],
                    row[3],
                    brand_key(row[4] or row[5] or ""),
                    row[6] or "",
                    frozenset(gtins),
                    bool(row[8]),
                )
        return found

    def _more_gtins(self, ids: list[bytes]) -> dict[bytes, set[str]]:
        where, parameters = self.bulk.among("variant_id", ids, ids=True)
        found: dict[bytes, set[str]] = {}
        sql = f"SELECT variant_id, value FROM product_identifiers WHERE scheme = 'gtin' AND {where}"
        for variant_id, value in self.bulk.fetch(sql, parameters):
            found.setdefault(self.bulk.id_of(variant_id), set()).add(gtin14(value))
        return found

    def decisions(self, supplier_id: bytes, keys: Collection[str]) -> dict[str, tuple[str, bytes | None, bytes | None]]:
        """What people decided: key → (pin or ban or open, variant, product)."""
        found: dict[str, tuple[str, bytes | None, bytes | None]] = {}
        for some in chunks(sorted(keys), CHUNK):
            where, parameters = self.bulk.among("d.supplier_sku", some)
            rows = self.bulk.fetch(
                "SELECT d.supplier_sku, d.decision, d.variant_id, v.product_id FROM match_decisions d "
                f"LEFT JOIN product_variants v ON v.id = d.variant_id WHERE d.supplier_id = ? AND {where}",
                (self.bulk.id(supplier_id), *parameters),
            )
            for key, decision, variant_id, product_id in rows:
                ids: list[Any] = [None if each is None else self.bulk.id_of(each) for each in (variant_id, product_id)]
                found[key] = (decision, ids[0], ids[1])
        return found


class MatchDecisionRepository(Repository[MatchDecision]):
    """Pins, bans and open questions."""

    model = MatchDecision

    def of_key(self, supplier_id: UUID, key: str) -> MatchDecision | None:
        """What stands about a supplier's key."""
        return self.find_by(supplier_id=supplier_id, supplier_sku=key)

    def listed(self, decision: str | None, *, page: int = 1, per_page: int = 50) -> Page[MatchDecision]:
        """Open questions, pins or bans, or all of them, oldest first, each with the variant that it names."""
        rows = select(MatchDecision).options(selectinload(MatchDecision.variant)).order_by(MatchDecision.id)
        if decision is not None:
            rows = rows.where(MatchDecision.decision == decision)
        return self.paged(rows, page=page, per_page=per_page)

    def has_newer(self, supplier_id: UUID, at: dt.datetime) -> bool:
        """Whether a person decided anything about this supplier's keys after that instant."""
        rows = select(MatchDecision.id).where(
            MatchDecision.supplier_id == supplier_id, MatchDecision.decision != "open", MatchDecision.updated_at > at
        )
        return self.session.scalar(rows.limit(1)) is not None
