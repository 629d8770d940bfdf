"""What lists there are of suppliers, their feeds and what they sent."""

from __future__ import annotations

from mercat.core.lists import Field, ListSpec, beyond
from mercat.domain.suppliers.models import Feed, FeedFile, FeedReject, MatchDecision, Supplier, SupplierOffer

READ = "suppliers.read"
ProductVariant = beyond(SupplierOffer.variant)
_of_supplier = {"supplier": Field(Supplier.code, is_filter=True, help="the supplier's code")}

SUPPLIERS = ListSpec(
    "suppliers",
    READ,
    Supplier.__table__,
    Supplier.id,
    {
        "id": Field(Supplier.id),
        "code": Field(Supplier.code, is_filter=True, is_sort=True),
        "name": Field(Supplier.name, is_sort=True),
        "contact": Field(Supplier.contact),
        "email": Field(Supplier.email),
        "phone": Field(Supplier.phone),
        "address": Field(Supplier.address),
        "currency": Field(Supplier.currency),
        "payment_terms": Field(Supplier.payment_terms),
        "minimum_order_value": Field(Supplier.minimum_order_value),
        "lead_time_days": Field(Supplier.lead_time_days),
        "priority": Field(Supplier.priority, is_sort=True, help="of two, the lower one is believed"),
        "is_active": Field(Supplier.is_active, is_filter=True),
        "created_at": Field(Supplier.created_at),
        "updated_at": Field(Supplier.updated_at, is_range=True),
    },
    words=(Supplier.name, Supplier.code),
    is_newest_first=False,
)
FEED_FILES = ListSpec(
    "feed-files",
    READ,
    FeedFile.__table__.join(Supplier.__table__, Supplier.id == FeedFile.supplier_id),
    FeedFile.id,
    {
        "id": Field(FeedFile.id),
        **_of_supplier,
        "feed_id": Field(FeedFile.feed_id, is_filter=True),
        "name": Field(FeedFile.name),
        "sha256": Field(FeedFile.sha256, is_filter=True),
        "size": Field(FeedFile.size),
        "fetched_at": Field(FeedFile.fetched_at, is_range=True),
        "change_set_id": Field(FeedFile.change_set_id, is_filter=True),
    },
)
REJECTS = ListSpec(
    "rejects",
    READ,
    FeedReject.__table__,
    FeedReject.id,
    {
        "id": Field(FeedReject.id),
        "change_set_id": Field(FeedReject.change_set_id, is_filter=True),
        "line": Field(FeedReject.line, is_range=True),
        "key": Field(FeedReject.source_key, is_filter=True),
        "reason": Field(FeedReject.reason),
        "raw": Field(FeedReject.raw, help="the row as it was"),
    },
    is_newest_first=False,
)
OFFERS = ListSpec(
    "offers",
    READ,
    SupplierOffer.__table__.join(Supplier.__table__, Supplier.id == SupplierOffer.supplier_id).join(
        ProductVariant.__table__, ProductVariant.id == SupplierOffer.variant_id
    ),
    SupplierOffer.id,
    {
        "id": Field(SupplierOffer.id),
        **_of_supplier,
        "supplier_sku": Field(SupplierOffer.supplier_sku, is_filter=True),
        "variant_id": Field(SupplierOffer.variant_id, is_filter=True),
        "product_id": Field(ProductVariant.product_id, is_filter=True),
        "sku": Field(ProductVariant.sku, is_filter=True),
        "cost": Field(SupplierOffer.cost, is_range=True),
        "currency": Field(SupplierOffer.currency),
        "quantity_available": Field(SupplierOffer.quantity_available, is_range=True),
        "minimum_order_quantity": Field(SupplierOffer.minimum_order_quantity),
        "pack_size": Field(SupplierOffer.pack_size),
        "lead_time_days": Field(SupplierOffer.lead_time_days),
        "last_seen_at": Field(SupplierOffer.last_seen_at, is_range=True),
        "discontinued_at": Field(SupplierOffer.discontinued_at, is_range=True),
    },
    is_newest_first=False,
)
MATCHES = ListSpec(
    "matches",
    READ,
    MatchDecision.__table__.join(Supplier.__table__, Supplier.id == MatchDecision.supplier_id).outerjoin(
        ProductVariant.__table__, ProductVariant.id == MatchDecision.variant_id
    ),
    MatchDecision.id,
    {
        "id": Field(MatchDecision.id),
        **_of_supplier,
        "key": Field(MatchDecision.supplier_sku, is_filter=True, help="the supplier's key"),
        "title": Field(MatchDecision.title),
        "decision": Field(MatchDecision.decision, is_filter=True, choices=("open", "pin", "ban")),
        "sku": Field(ProductVariant.sku, is_filter=True, help="ours"),
        "candidates": Field(MatchDecision.candidates, help="SKUs of ours, each with why it may be meant"),
        "decided_by": Field(MatchDecision.decided_by),
        "updated_at": Field(MatchDecision.updated_at, is_range=True),
    },
    is_newest_first=False,
)
FEEDS = ListSpec(
    "feeds",
    READ,
    Feed.__table__.join(Supplier.__table__, Supplier.id == Feed.supplier_id),
    Feed.id,
    {
        "id": Field(Feed.id),
        "name": Field(Feed.name, is_filter=True, is_sort=True),
        **_of_supplier,
        "connector": Field(Feed.connector, is_filter=True),
        "mode": Field(Feed.mode),
        "is_complete": Field(Feed.is_complete),
        "is_active": Field(Feed.is_active, is_filter=True),
        "last_run_at": Field(Feed.last_run_at, is_range=True, is_sort=True),
        "last_success_at": Field(Feed.last_success_at, is_range=True),
        "created_at": Field(Feed.created_at),
        "updated_at": Field(Feed.updated_at),
    },
    words=(Feed.name,),
    is_newest_first=False,
)
