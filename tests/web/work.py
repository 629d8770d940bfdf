"""What goes on in the shop of the browser tests: jobs in every state, and what happens by itself."""

from __future__ import annotations

import datetime as dt
from hashlib import sha256
from uuid import UUID

import msgspec

from mercat.core.jobs.models import Job, JobEvent
from mercat.core.unit import Runtime, WriteUnit
from mercat.domain.catalog import service as catalog
from mercat.domain.listings.models import Listing, Store
from mercat.domain.operations import service as operations
from mercat.domain.operations.models import WebhookDelivery, WebhookEndpoint
from mercat.domain.suppliers import service as suppliers
from mercat.sdk.records import ProductRecord, VariantRecord

RUNNING, FAILED, LISTING, DELIVERY = (UUID(int=number) for number in range(0x1A, 0x1E))
PRICES = (
    "\n".join(["Artikel;Bezeichnung;EK EUR;Lager", *(f"N-{n};Kopierpapier {n};{n},10;{n}" for n in range(1, 9))]) + "\n"
)
SAMPLE = sha256(PRICES.encode()).hexdigest()
LONG_LINE = "Kopierpapier " + "x" * 300


def begin(runtime: Runtime) -> None:
    """Jobs as they stand in the middle of a day, a schedule, and a supplier with a feed and a sample of its files."""
    sample = runtime.settings.home / "prices.csv"
    sample.write_text(PRICES, encoding="utf-8")
    runtime.files.keep(sample)
    with runtime.write() as unit:
        hour = unit.now - dt.timedelta(hours=1)
        common = {"queue": "feeds", "actor": "ada", "max_attempts": 5, "priority": 50, "run_after": hour}
        running = Job(
            id=RUNNING, kind="suppliers.run_feed", title="feed northgate", status="running", progress=62, items_done=1_118,
            items_total=1_804, current_stage="comparing", attempts=1, started_at=unit.now, worker="worker-1", **common,
        )  # fmt: skip
        failed = Job(
            id=FAILED, kind="suppliers.import_upload", title=f"import {LONG_LINE}.csv", status="failed", attempts=5,
            error=f"line 3: {LONG_LINE}", started_at=hour, completed_at=unit.now, result={"rows": 18_204}, **common,
            payload={"name": LONG_LINE},
        )  # fmt: skip
        # One that has not said yet how far it is.
        begun = Job(
            kind="suggestions.advise", title="Advise", status="running", attempts=1, started_at=unit.now, **common
        )
        for each in (running, failed, begun):
            unit.add(each)
        unit.save()
        for number, level in enumerate(("info", "warning", "error", "info")):
            unit.add(JobEvent(job=running, at=unit.now, level=level, message=f"{number} {LONG_LINE}"))
        name = f"Northgate {LONG_LINE}"[:250]
        suppliers.create_supplier(
            unit, "northgate", {"name": name, "email": "sales@northgate.example", "currency": "EUR"}
        )
        at = "sftp://files.northgate.example/out/prices-*.csv"
        suppliers.add_feed(unit, suppliers.FeedDraft("northgate", at, "table", supplier="northgate", every_s=7200))
        operations.add_schedule(unit, operations.ScheduleDraft("nightly", "operations.tidy", cron="30 2 * * *"))
        sell(unit)
        tell(unit)


def tell(unit: WriteUnit) -> None:
    """An endpoint that is told what happens, and one delivery that it did not take."""
    at = f"https://erp.example.com/hooks/{LONG_LINE.replace(' ', '-')}"
    endpoint = WebhookEndpoint(name="erp", url=at, events=["*"], secrets="", created_by="ada", failing_since=unit.now)
    unit.add(endpoint)
    unit.save()
    delivery = WebhookDelivery(
        id=DELIVERY, endpoint_id=endpoint.id, event="change_set.applied", payload=f'{{"said": "{LONG_LINE}"}}', status="dead",
        attempts=8, last_status=500, latency_ms=1204, error=LONG_LINE, answer=LONG_LINE, tries=[{"status": 500, "at": unit.now.isoformat()}],
    )  # fmt: skip
    unit.add(delivery)
    unit.save()


def sell(unit: WriteUnit) -> None:
    """A store, and a listing of the first product there is: changed in the shop in two fields, and refused once."""
    found = catalog.products_after(unit, None, per_page=1).data[0]
    theirs = ProductRecord(variants=[VariantRecord(sku="P-001")], name="Cheap paper", brand=f"Other {LONG_LINE}")
    store = Store(
        name="main",
        platform="shopify",
        shop_domain="main.myshopify.com",
        currency="EUR",
        credentials="",
        connected_at=unit.now,
    )
    unit.add(store)
    unit.save()
    drift = {
        "name": {"ours": "Copy paper A4 71 g", "theirs": theirs.name, "action": "hold"},
        "brand": {"ours": "Maple", "theirs": theirs.brand, "action": "conflict"},
    }
    listing = Listing(
        id=LISTING, store=store, product_id=UUID(found.id), listing_key="1c", platform_listing_id="77", status="active",
        state="drifted", published_at=unit.now, last_error=f"the title is refused: {LONG_LINE}", drift=drift,
        theirs_payload=msgspec.json.encode(theirs).decode(), theirs_hash="1",
    )  # fmt: skip
    unit.add(listing)
    unit.save()
