"""The catalogue's front door: what other rooms and the doors call."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from uuid import UUID

import msgspec

from mercat.core.page import Page
from mercat.core.unit import ReadUnit, WriteUnit
from mercat.domain.catalog import categories, collections, metafields
from mercat.domain.catalog.applying import apply
from mercat.domain.catalog.browse_repository import SORTS as PRODUCT_SORTS
from mercat.domain.catalog.browse_repository import ListedProduct
from mercat.domain.catalog.browsing import (
    Listing,
    WholeProduct,
    get_product,
    list_products,
    listing_json,
    products_after,
)
from mercat.domain.catalog.category_files import read_category_file
from mercat.domain.catalog.category_import import import_report as category_report
from mercat.domain.catalog.category_import import import_rows as import_categories
from mercat.domain.catalog.category_words import WordView, keep_words, look_at_words, map_words
from mercat.domain.catalog.change_repository import ChangeBulk, ChangeRepository, ChangeSetRepository
from mercat.domain.catalog.deciding import (
    approve,
    close_plan,
    discard,
    discard_abandoned,
    get_set,
    is_any_decided,
    last_set,
    list_changes,
    list_sets,
    open_set,
    reject,
)
from mercat.domain.catalog.definitions import Definition, define, definitions_by_key, field_rules, list_definitions
from mercat.domain.catalog.documents import to_json
from mercat.domain.catalog.editing import edit, lock, unlock
from mercat.domain.catalog.editing_many import FieldEdit, ManyEdit, ManyPlan, edit_many, plan_many
from mercat.domain.catalog.exporting import ExportResult, export_products
from mercat.domain.catalog.fields import PRODUCT_COLUMNS, VARIANT_COLUMNS, amount, is_currency
from mercat.domain.catalog.guards import GuardRules, Judge
from mercat.domain.catalog.holding import ShownCollection, held_in, shown_collections
from mercat.domain.catalog.icons import IconMigration, migrate_icons
from mercat.domain.catalog.indexing import find as find_products
from mercat.domain.catalog.indexing import index_pending
from mercat.domain.catalog.list_repository import (
    CATEGORY_WORDS,
    CHANGE_SETS,
    CHANGES,
    COLLECTIONS,
    DEFINITIONS,
    HISTORY,
    IMAGES,
    LOCKS,
    METAFIELDS,
    VARIANTS,
)
from mercat.domain.catalog.loading import records
from mercat.domain.catalog.margins import margin, moved
from mercat.domain.catalog.missing import Missing, plan_archives
from mercat.domain.catalog.models import RUN, Restatement
from mercat.domain.catalog.pictures import AddedPictures, add_pictures
from mercat.domain.catalog.planning import MODES, Planner, Proposal, Source
from mercat.domain.catalog.product_repository import ProductRepository
from mercat.domain.catalog.repricing import PriceRule
from mercat.domain.catalog.restating import key_hash, key_hashes, pack
from mercat.domain.catalog.review_repository import PARTS, REVIEW
from mercat.domain.catalog.reviewing import Decision, Review, changes_beside, decide_rows, review, review_list
from mercat.domain.catalog.scripting import FieldSet, Making, Script, apply_script
from mercat.domain.catalog.shelving import keep_shelves, nodes_of, shelves_of
from mercat.domain.catalog.tracing import Origin, Trace, why
from mercat.domain.catalog.undoing import undo
from mercat.domain.catalog.verdicts import BULK_LOCK, Verdict, decide, decide_soon, described, enqueue_verdict
from mercat.sdk.records import ProductRecord


def lines_of_set(unit: ReadUnit, change_set_id: UUID) -> dict[int, tuple[str, UUID | None]]:
    """Line of the source → (created, updated or unchanged; the product)."""
    return ChangeRepository(unit.session).lines_of(change_set_id)


def has_products(unit: ReadUnit) -> bool:
    """Whether there is anything to match with."""
    return ProductRepository(unit.session).has_any()


def has_other_sources(unit: ReadUnit, source: str) -> bool:
    """Whether anybody else ever stated anything."""
    return ChangeSetRepository(unit.session).has_other_sources(source)


def restate(unit: WriteUnit, change_set_id: UUID, hashes: Iterable[int]) -> None:
    """Note the keys that the set's source stated again without a change."""
    unit.add(Restatement(change_set_id=change_set_id, keys=pack(hashes)))


def retract(unit: WriteUnit, change_set_id: bytes, first: bytes, last: bytes, keys: Sequence[str]) -> Counter[str]:
    """Take back what a batch planned for these keys, because a later line of the file repeats them; its flags."""
    return ChangeBulk(unit.bulk).retract(change_set_id, first, last, keys)


def encode_record(record: ProductRecord) -> str:
    """A record as one line of JSON."""
    return msgspec.json.encode(record).decode()


__all__ = [
    "BULK_LOCK",
    "CATEGORY_WORDS",
    "CHANGES",
    "CHANGE_SETS",
    "COLLECTIONS",
    "DEFINITIONS",
    "HISTORY",
    "IMAGES",
    "LOCKS",
    "METAFIELDS",
    "MODES",
    "PARTS",
    "PRODUCT_COLUMNS",
    "PRODUCT_SORTS",
    "REVIEW",
    "RUN",
    "VARIANTS",
    "VARIANT_COLUMNS",
    "AddedPictures",
    "Decision",
    "Definition",
    "ExportResult",
    "FieldEdit",
    "FieldSet",
    "GuardRules",
    "IconMigration",
    "Judge",
    "ListedProduct",
    "Listing",
    "Making",
    "ManyEdit",
    "ManyPlan",
    "Missing",
    "Origin",
    "Page",
    "Planner",
    "PriceRule",
    "Proposal",
    "Review",
    "Script",
    "ShownCollection",
    "Source",
    "Trace",
    "Verdict",
    "WholeProduct",
    "WordView",
    "add_pictures",
    "amount",
    "apply",
    "apply_script",
    "approve",
    "categories",
    "category_report",
    "changes_beside",
    "close_plan",
    "collections",
    "decide",
    "decide_rows",
    "decide_soon",
    "define",
    "definitions_by_key",
    "described",
    "discard",
    "discard_abandoned",
    "edit",
    "edit_many",
    "encode_record",
    "enqueue_verdict",
    "export_products",
    "field_rules",
    "find_products",
    "get_product",
    "get_set",
    "has_other_sources",
    "has_products",
    "held_in",
    "import_categories",
    "index_pending",
    "is_any_decided",
    "is_currency",
    "keep_shelves",
    "keep_words",
    "key_hash",
    "key_hashes",
    "last_set",
    "lines_of_set",
    "list_changes",
    "list_definitions",
    "list_products",
    "list_sets",
    "listing_json",
    "lock",
    "look_at_words",
    "map_words",
    "margin",
    "metafields",
    "migrate_icons",
    "moved",
    "nodes_of",
    "open_set",
    "plan_archives",
    "plan_many",
    "products_after",
    "read_category_file",
    "records",
    "reject",
    "restate",
    "retract",
    "review",
    "review_list",
    "shelves_of",
    "shown_collections",
    "to_json",
    "undo",
    "unlock",
    "why",
]
