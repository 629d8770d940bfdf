"""Plays ``SalesChannel`` for one Shopify shop."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice

from mercat.connectors.shopify import bulk, operations, places, reading, shelves, stock, webhooks, wire
from mercat.connectors.shopify.client import Client
from mercat.connectors.shopify.definitions import Definitions
from mercat.connectors.shopify.from_wire import known, shown
from mercat.connectors.shopify.limits import LIMITS
from mercat.connectors.shopify.pictures import Pictures
from mercat.connectors.shopify.settings import ShopifySecrets, ShopifySettings
from mercat.connectors.shopify.to_wire import Known, known_of, to_wire
from mercat.sdk.channels import (
    Account,
    Batch,
    ListingDraft,
    Notice,
    Outcome,
    Shelf,
    Shown,
    StockLevel,
    StockOutcome,
    Surroundings,
)
from mercat.sdk.errors import RateLimited, Rejected, Unauthorized, Unavailable, VendorError
from mercat.sdk.limits import over_limits

_IN_A_ROW = 3
"""After so many drafts in a row that found no answer, it is the shop that does not answer, not a draft."""
_LOOKED_UP_AT_ONCE = 20


class ShopifyChannel:
    """One shop. Made anew for each piece of work; what it learns of the shop is forgotten with it."""

    def __init__(self, settings: ShopifySettings, secrets: ShopifySecrets, surroundings: Surroundings) -> None:
        self._client = Client(settings, secrets, surroundings)
        self._settings = settings
        self._secrets = secrets
        self._publications: list[str] | None = None
        self._definitions = Definitions(self._client)
        self._pictures = Pictures(self._client)

    def account(self) -> Account:
        """Look the shop up, with what the app may not do there."""
        with self._client.session():
            return places.account(self._client)

    def publish(self, drafts: Iterable[ListingDraft]) -> Iterator[Outcome]:
        """One call for each draft, a second where it is not published yet. A draft that found no answer may be repeated."""
        silent = 0
        with self._client.session():
            for draft in drafts:
                outcome = self._published(draft)
                silent = silent + 1 if isinstance(outcome.error, Unavailable) else 0
                if silent >= _IN_A_ROW and outcome.error is not None:
                    raise outcome.error
                yield outcome

    def submit(self, drafts: Iterable[ListingDraft], *, key: str) -> Batch:
        """One bulk operation for all.

        Raises ``Rejected`` with ``rejected`` among its facts (the error of each draft, by its key) where a draft could
        never be taken; nothing was sent then.
        """
        with self._client.session():
            return bulk.submit(self._client, lambda: self._lines(drafts), key=key, most_bytes=LIMITS.batch_bytes or 0)

    def look(self, batch: str) -> Batch:
        """How the bulk operation is doing. It is done once its products are published, too."""
        with self._client.session():
            return bulk.look_at(self._client, batch, self._everywhere())

    def outcomes(self, batch: str, keys: Sequence[str]) -> Iterator[Outcome]:
        """Stream the result file."""
        with self._client.session():
            for number, result in bulk.results(self._client, batch, len(keys), self._everywhere()):
                if isinstance(result, VendorError):
                    yield Outcome(keys[number], error=result)
                else:
                    yield Outcome(keys[number], shown=self._shown(result, None))

    def withdraw(self, reference: str, *, delete: bool = False) -> None:
        """Archive or delete a product."""
        with self._client.session():
            if delete:
                errors = self._client.call(operations.PRODUCT_DELETE, {"id": reference}).product_delete.user_errors
                gone = any(
                    "not exist" in error.message.lower() or "not found" in error.message.lower() for error in errors
                )
            else:
                asked = {"identifier": {"id": reference}, "input": {"status": "ARCHIVED"}}
                errors = self._client.call(operations.PRODUCT_STATUS, asked).product_set.user_errors
                gone = False
            if errors and not gone:
                error = places.refusal(errors, f"taking {reference} off sale")
                if not (isinstance(error, Rejected) and error.field == "reference"):
                    raise error

    def set_stock(self, levels: Sequence[StockLevel]) -> Iterator[StockOutcome]:
        """Up to 250 in one call."""
        with self._client.session():
            yield from stock.set_stock(self._client, levels)

    def listings(
        self, *, since: dt.datetime | None = None, references: Collection[str] | None = None
    ) -> Iterator[Shown]:
        """By id, page by page since an instant, or all of a large shop by one bulk query."""
        with self._client.session():
            yield from reading.listings(self._client, since=since, references=references)

    def subscribe(self, address: str) -> list[str]:
        """Subscribe to what the app may hear of."""
        with self._client.session():
            return webhooks.subscribe(self._client, address)

    def notice(self, headers: Mapping[str, str], body: bytes) -> Notice:
        """Check and read a delivery; nothing is asked of the shop."""
        return webhooks.notice(headers, body, self._secrets.signing())

    def ensure_collections(self, wanted: Iterable[Shelf]) -> dict[str, str]:
        """A collection for each shelf."""
        with self._client.session():
            return shelves.ensure(self._client, wanted)

    def _published(self, draft: ListingDraft) -> Outcome:
        try:
            return Outcome(draft.key, shown=self._set(draft))
        except (RateLimited, Unauthorized):
            raise
        except VendorError as error:
            return Outcome(draft.key, error=error)

    def _set(self, draft: ListingDraft) -> Shown:
        _refuse_over_limits(draft)
        # What could never be sent is refused before the shop is asked for anything.
        variables = to_wire(draft, known_of(draft), namespace=self._settings.key_namespace)
        self._definitions.ensure(draft)
        known_ids = self._known([draft])[draft.key]
        self._pictures.refuse_lost(draft, known_ids)
        if known_ids != known_of(draft):
            variables = to_wire(draft, known_ids, namespace=self._settings.key_namespace)
        size = operations.size_of_product_set(variables)
        answer = self._client.call(operations.PRODUCT_SET, variables, size=size)
        product = bulk.product_of(answer.product_set)
        if isinstance(product, VendorError):
            raise product
        if draft.is_moved:
            shelves.move(self._client, product.id, draft.joins, draft.leaves)
        everywhere = self._everywhere()
        if bulk.is_hidden(product, len(everywhere)):
            places.publish(self._client, product.id, everywhere)
        return self._shown(product, draft)

    def _shown(self, product: wire.Product, draft: ListingDraft | None) -> Shown:
        whole = reading.complete(self._client, product, levels=1)
        return shown(whole, namespace=self._settings.key_namespace, draft=draft)

    def _lines(self, drafts: Iterable[ListingDraft]) -> Iterator[bulk.Line]:
        rejected: dict[str, Rejected] = {}
        waiting = iter(drafts)
        while some := list(islice(waiting, _LOOKED_UP_AT_ONCE)):
            ids = self._known([draft for draft in some if not rejected])
            for draft in some:
                try:
                    _refuse_over_limits(draft)
                    known_ids = ids.get(draft.key, known_of(draft))
                    self._pictures.refuse_lost(draft, known_ids)
                    line = to_wire(draft, known_ids, namespace=self._settings.key_namespace)
                    self._definitions.ensure(draft)
                except Rejected as error:
                    rejected[draft.key] = error
                    continue
                yield line
        if rejected:
            first = next(iter(rejected.values()))
            raise Rejected(
                f"{len(rejected)} drafts can never be taken as they are, the first because {first.message}",
                field=first.field,
                rejected=rejected,
            )

    def _known(self, drafts: Sequence[ListingDraft]) -> dict[str, Known]:
        """What Shopify calls the variants and pictures of these drafts; it is asked only where the drafts do not say.

        Pictures that lie with us and not there yet are uploaded.
        """
        found = {draft.key: known_of(draft) for draft in drafts}
        unsure = {draft.reference: draft for draft in drafts if draft.reference and found[draft.key].lacks(draft)}
        if unsure:
            for product in reading.by_ids(self._client, list(unsure), levels=1):
                draft = unsure[product.id]
                found[draft.key] = known(reading.complete(self._client, product, levels=1), draft)
        return self._pictures.brought(drafts, found)

    def _everywhere(self) -> list[str]:
        if self._publications is None:
            self._publications = places.publications(self._client)
        return self._publications


def _refuse_over_limits(draft: ListingDraft) -> None:
    if reasons := over_limits(draft, LIMITS):
        raise Rejected("; ".join(reasons))
