"""Recording: what came of drafts becomes the state of their listings, in small units, as it comes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

import msgspec

from mercat.core.money import is_canonical
from mercat.core.unit import WriteUnit
from mercat.domain.alerts.messages import Noticed, Settled
from mercat.domain.alerts.schemas import Signal, Subject
from mercat.domain.catalog import service as catalog
from mercat.domain.listings.connecting import Shop
from mercat.domain.listings.drafting import digest_of, joined_in, kept
from mercat.domain.listings.outcome_repository import OutcomeBulk, Placed, PlacedVariant, Sent
from mercat.domain.operations import service as operations
from mercat.sdk.channels import Outcome, Shown
from mercat.sdk.errors import Rejected

_MOST_NAMED = 50
_TOLD_AT_ONCE = 100


@dataclass
class Tally:
    """What a run came to so far. ``unanswered`` are the keys of drafts that have to be sent again."""

    counts: Counter[str] = field(default_factory=Counter)
    complaints: list[str] = field(default_factory=list)
    unanswered: set[str] = field(default_factory=set)

    def complain(self, line: str) -> None:
        """Note what a person should know of; of very many the first few."""
        if len(self.complaints) < _MOST_NAMED:
            self.complaints.append(line)


def record(unit: WriteUnit, shop: Shop, outcomes: Sequence[Outcome], tally: Tally) -> None:
    """Write outcomes down. Safe to repeat: the same outcome again says the same."""
    book = OutcomeBulk(unit.bulk, shop.id.bytes)
    sent = book.sent([each.key for each in outcomes])
    holders = book.holders([each.shown.reference for each in outcomes if each.shown is not None])
    placed: list[tuple[Sent, Shown]] = []
    refused: dict[bytes, str] = {}
    failed: dict[bytes, str] = {}
    for outcome in outcomes:
        listing = sent.get(outcome.key)
        if listing is None:
            tally.complain(f"the shop answered for {outcome.key}, which is no listing of ours")
        elif outcome.shown is not None:
            holder = holders.get(outcome.shown.reference)
            if holder is not None and holder[0] != listing.listing_id and holder[1]:
                refused[listing.listing_id] = f"the shop shows another product of ours as {outcome.shown.reference}"
                continue
            if holder is not None and holder[0] != listing.listing_id:
                book.drop([holder[0]])
            placed.append((listing, outcome.shown))
        elif isinstance(outcome.error, Rejected):
            refused[listing.listing_id] = outcome.error.message
        else:
            failed[listing.listing_id] = "no answer" if outcome.error is None else outcome.error.message
            tally.unanswered.add(outcome.key)
    _place(unit, shop, book, placed)
    book.refuse(refused, unit.now)
    book.fail(failed, unit.now)
    is_new = Counter("created" if listing.reference is None else "updated" for listing, _ in placed)
    tally.counts.update(is_new)
    tally.counts["failed"] += len(refused)
    for why in refused.values():
        tally.complain(why)
    _tell(unit, shop, [each for each in sent.values() if each.listing_id in refused], refused)


def _tell(unit: WriteUnit, shop: Shop, listings: Sequence[Sent], reasons: dict[bytes, str]) -> None:
    """Whoever wants to know outside: what is refused stays so until a person changes something."""
    told = [
        {
            "listing_id": UUID(bytes=each.listing_id),
            "product_id": UUID(bytes=each.product_id) if each.product_id else None,
            "reason": reasons[each.listing_id],
        }
        for each in listings
    ]
    operations.emit_pages(unit, "listing.failed", {"store": shop.name}, name="listings", items=told, size=_TOLD_AT_ONCE)
    signals = [
        Signal(
            "listing_failed",
            Subject("listing", str(UUID(bytes=each.listing_id)), f"{each.key} at {shop.name}"),
            f"{shop.name} refused {each.key}",
            f"{reasons[each.listing_id]}. It is sent again when the product changes, or when you have it sent again.",
            facts={"store": shop.name, "platform": shop.platform},
        )
        for each in listings
    ]
    if signals:
        unit.announce(Noticed(signals))


def _place(unit: WriteUnit, shop: Shop, book: OutcomeBulk, placed: Sequence[tuple[Sent, Shown]]) -> None:
    rows = []
    for listing, shown in placed:
        is_whole = listing.desired_hash == listing.sending_hash
        rows.append(
            placed_of(
                listing.listing_id,
                shown,
                state="in_sync" if is_whole else "pending",
                digest=listing.sending_hash,
                payload=listing.sending_payload,
            )
        )
    book.place(rows, unit.now)
    arrived = [Subject("listing", str(UUID(bytes=listing.listing_id))) for listing, _ in placed]
    unit.announce(Settled("listing_failed", arrived))
    owners = book.variant_ids([listing.product_id for listing, _ in placed if listing.product_id])
    variants = [each for listing, shown in placed for each in variants_of(listing.listing_id, shown, shop, owners)]
    book.place_variants(variants, unit.now)


def placed_of(listing_id: bytes, shown: Shown, *, state: str, digest: str | None, payload: str | None) -> Placed:
    """A listing that is shown as it was sent."""
    images = msgspec.json.encode(shown.image_references).decode() if shown.image_references else None
    return Placed(
        listing_id=listing_id,
        reference=shown.reference,
        url=shown.url,
        state=state,
        published_hash=digest,
        published_payload=payload,
        shown_hash=shown_digest(shown),
        shown_payload=kept(shown.product),
        image_references=images,
        joined_references=joined_in(payload) if payload else None,
        shop_updated_at=shown.updated_at,
    )


def shown_digest(shown: Shown) -> str:
    """A digest of what the shop shows: equal ones, and nobody changed anything."""
    return digest_of(shown.product)


def variants_of(listing_id: bytes, shown: Shown, shop: Shop, owners: dict[str, bytes]) -> list[PlacedVariant]:
    """The variants that the shop shows, with our own ids. One without a SKU cannot be told from others of its kind."""
    prices = {each.sku: each.price for each in shown.product.variants}
    found = []
    for each in shown.variants:
        if not each.sku:
            continue
        price = prices.get(each.sku)
        amount = catalog.amount(price) if isinstance(price, str) and price else None
        quantity = each.quantities.get(shop.stocked) if shop.stocked else None
        found.append(
            PlacedVariant(
                listing_id,
                each.sku,
                owners.get(each.sku),
                each.reference,
                each.stock_reference,
                amount if amount and is_canonical(amount) else None,
                quantity,
            )
        )
    return found
