"""The statements that are asked all the time, by name: what `mercat db explain` shows the plan of."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from mercat.core.database.bulk import Bulk
from mercat.core.database.explaining import Plan, explain

_ID = UUID(int=0x0190_0000_0000_7000_8000_0000_0000_0001).bytes
_DAYS = dt.timedelta(days=90)
Values = Callable[[Bulk, dt.datetime], list[Any]]


@dataclass(frozen=True)
class HotQuery:
    """A question of the trade, the statement that asks it, and values to ask it with."""

    question: str
    sql: str
    values: Values


def _one_id(bulk: Bulk, _now: dt.datetime) -> list[Any]:
    return [bulk.id(_ID)]


def _plain(*values: Any) -> Values:
    return lambda _bulk, _now: list(values)


HOT: dict[str, HotQuery] = {
    "product-by-sku": HotQuery(
        "which variant has this SKU", "SELECT * FROM product_variants WHERE sku = ?", _plain("A-1")
    ),
    "product-by-code": HotQuery(
        "which variants have this GTIN or ASIN",
        "SELECT variant_id FROM product_identifiers WHERE scheme = ? AND value = ?",
        _plain("gtin", "4006381333931"),
    ),
    "products-page": HotQuery(
        "the active products, changed last first",
        "SELECT id, name FROM products WHERE status = ? ORDER BY updated_at DESC LIMIT 50",
        _plain("active"),
    ),
    "products-of-category": HotQuery(
        "the products of a category",
        "SELECT id FROM products WHERE category_id = ? AND status = 'active' LIMIT 50",
        _one_id,
    ),
    "variants-of-product": HotQuery(
        "a product's variants", "SELECT * FROM product_variants WHERE product_id = ? ORDER BY position", _one_id
    ),
    "changes-of-product": HotQuery(
        "what changed of a product, newest first",
        "SELECT id, field FROM changes WHERE product_id = ? ORDER BY id DESC LIMIT 50",
        _one_id,
    ),
    "changes-of-set": HotQuery(
        "the changes of a set",
        "SELECT id, field FROM changes WHERE change_set_id = ? AND kind = 'update' ORDER BY id LIMIT 50",
        _one_id,
    ),
    "offers-of-variant": HotQuery(
        "who supplies a variant", "SELECT supplier_id, cost FROM supplier_offers WHERE variant_id = ?", _one_id
    ),
    "offer-by-supplier-sku": HotQuery(
        "a supplier's offer by its own code",
        "SELECT id FROM supplier_offers WHERE supplier_sku = ? AND supplier_id = ?",
        lambda bulk, _now: ["A-1", bulk.id(_ID)],
    ),
    "listing-history": HotQuery(
        "the last 90 days of a watched listing",
        "SELECT scraped_at, price FROM product_snapshots WHERE market_product_id = ? AND scraped_at >= ? ORDER BY scraped_at",
        lambda bulk, now: [bulk.id(_ID), bulk.time(now - _DAYS)],
    ),
    "listing-days": HotQuery(
        "the days of a watched listing",
        "SELECT day, price_close FROM snapshot_daily WHERE market_product_id = ? AND day >= ? ORDER BY day",
        lambda bulk, now: [bulk.id(_ID), f"{now - _DAYS:%Y-%m-%d}"],
    ),
    "listings-due": HotQuery(
        "the watched listings that are due",
        "SELECT id FROM market_products WHERE is_active = ? AND next_due_at <= ? ORDER BY next_due_at LIMIT 100",
        lambda bulk, now: [True, bulk.time(now)],
    ),
    "jobs-due": HotQuery(
        "the jobs whose time has come",
        "SELECT id FROM jobs WHERE status = 'pending' AND handed_at IS NULL AND run_after <= ? ORDER BY run_after LIMIT 100",
        lambda bulk, now: [bulk.time(now)],
    ),
    "listings-to-send": HotQuery(
        "what a store is to be sent",
        "SELECT id FROM listings WHERE store_id = ? AND state = 'pending' LIMIT 100",
        _one_id,
    ),
    "alerts-open": HotQuery(
        "the open alerts, worst first",
        "SELECT id FROM alerts WHERE status = 'open' AND severity = 'critical' ORDER BY opened_at DESC LIMIT 50",
        _plain(),
    ),
    "notifications-unread": HotQuery(
        "what a user has not read",
        "SELECT id FROM notifications WHERE user_id = ? AND status = 'unread' ORDER BY created_at DESC LIMIT 50",
        _one_id,
    ),
    "log-lines": HotQuery(
        "the newest errors that were logged",
        "SELECT id FROM system_logs WHERE level = 'error' ORDER BY created_at DESC LIMIT 50",
        _plain(),
    ),
}


class HotQueryRepository:
    """Plans of the statements above."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def explain(self, name: str, now: dt.datetime, *, only_indexes: bool) -> Plan:
        """How the database goes about it."""
        query, bulk = HOT[name], Bulk(self._session.connection())
        return explain(bulk, query.sql, query.values(bulk, now), only_indexes=only_indexes)
