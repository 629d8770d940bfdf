"""A corner shop: a small sales channel whose state is a SQLite file, so that it outlives whoever calls it.

It fails as told, loses answers after it wrote, forgets nothing, and somebody else may edit it.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import json
import random
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
from pydantic import SecretStr

from mercat.core.border import refuse_open_unit
from mercat.sdk.channels import (
    TOO_LARGE,
    Account,
    Batch,
    Call,
    ListingDraft,
    Notice,
    Outcome,
    Place,
    Shown,
    ShownVariant,
    StockLevel,
    StockOutcome,
    Surroundings,
    Token,
)
from mercat.sdk.connector import Channel, Connector, StoreSecrets, StoreSettings
from mercat.sdk.errors import RateLimited, Rejected, Unauthorized, Unavailable, VendorError
from mercat.sdk.limits import Limits
from mercat.sdk.records import ImageRecord, ProductRecord, VariantRecord

KEY = "open sesame"
START = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
_SCHEMA = """
CREATE TABLE IF NOT EXISTS products (reference INTEGER PRIMARY KEY, key TEXT UNIQUE, body TEXT, status TEXT, at INTEGER);
CREATE TABLE IF NOT EXISTS stock (sku TEXT PRIMARY KEY, quantity INTEGER);
CREATE TABLE IF NOT EXISTS moves (key TEXT PRIMARY KEY, sku TEXT, quantity INTEGER);
CREATE TABLE IF NOT EXISTS batches (reference INTEGER PRIMARY KEY, key TEXT UNIQUE, looks INTEGER, answers TEXT);
CREATE TABLE IF NOT EXISTS calls (n INTEGER PRIMARY KEY, endpoint TEXT);
CREATE TABLE IF NOT EXISTS told (name TEXT PRIMARY KEY, value TEXT);
"""


class Back:
    """The back room of the shop: its state, as its owner sees it."""

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self._db = sqlite3.connect(path, isolation_level=None, timeout=30, check_same_thread=False)
        self._db.executescript(_SCHEMA)

    def ask(self, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
        return self._db.execute(sql, parameters).fetchall()

    def tell(self, name: str, value: Any) -> None:
        """``faults``: probabilities by kind; ``door``: the key it takes; ``reject``: titles it refuses."""
        self.ask("INSERT OR REPLACE INTO told VALUES (?, ?)", name, json.dumps(value))

    def told(self, name: str, default: Any = None) -> Any:
        found = self.ask("SELECT value FROM told WHERE name = ?", name)
        return json.loads(found[0][0]) if found else default

    def calls(self, endpoint: str | None = None) -> int:
        rows = self.ask("SELECT COUNT(*) FROM calls WHERE ? IS NULL OR endpoint = ?", endpoint, endpoint)
        return int(rows[0][0])

    def count(self, endpoint: str) -> int:
        """Note a call; its number."""
        self.ask("INSERT INTO calls (endpoint) VALUES (?)", endpoint)
        return int(self.ask("SELECT MAX(n) FROM calls")[0][0])

    def tick(self) -> int:
        return int(self.ask("SELECT COALESCE(MAX(at), 0) + 1 FROM products")[0][0])

    def put(self, body: Mapping[str, Any], *, key: str | None = None, status: str = "active") -> str:
        """Somebody puts a product into the shop by hand."""
        self.ask(
            "INSERT INTO products (key, body, status, at) VALUES (?, ?, ?, ?)",
            key,
            json.dumps(body),
            status,
            self.tick(),
        )
        return str(self.ask("SELECT MAX(reference) FROM products")[0][0])

    def edit(self, sku: str, **changes: Any) -> None:
        """Somebody edits what the shop shows; ``price`` and such go to the variant."""
        for reference, body in self.ask("SELECT reference, body FROM products"):
            shown = json.loads(body)
            for variant in shown["variants"]:
                if variant.get("sku") == sku:
                    for name, value in changes.items():
                        (variant if name in VariantRecord.__struct_fields__ else shown)[name] = value
                    at = self.tick()
                    self.ask(
                        "UPDATE products SET body = ?, at = ? WHERE reference = ?", json.dumps(shown), at, reference
                    )

    def take_away(self, sku: str) -> None:
        """Somebody deletes it."""
        for reference, body in self.ask("SELECT reference, body FROM products"):
            if any(each.get("sku") == sku for each in json.loads(body)["variants"]):
                self.ask("DELETE FROM products WHERE reference = ?", reference)

    def shown(self) -> dict[str, dict[str, Any]]:
        """What customers see, by the first variant's SKU. Two of one SKU are a fault."""
        found: dict[str, dict[str, Any]] = {}
        for body, status in self.ask("SELECT body, status FROM products"):
            document = json.loads(body)
            sku = document["variants"][0]["sku"]
            assert sku not in found, f"{sku} is there twice"
            found[sku] = {**document, "status": status, "price": document["variants"][0].get("price")}
        return found


class CornerSettings(StoreSettings):
    file: str


class CornerSecrets(StoreSecrets):
    key: SecretStr
    webhook: SecretStr = SecretStr("bell")


class Corner:
    """Plays ``SalesChannel``."""

    def __init__(self, settings: CornerSettings, secrets: CornerSecrets, surroundings: Surroundings) -> None:
        self.back = Back(settings.file)
        self.secrets = secrets
        self.around = surroundings

    def _call(self, endpoint: str) -> str | None:
        """One request: the fault that befalls it after it was done, if any."""
        refuse_open_unit()
        if self.around.load_token() is None:
            self.around.save_token(Token(value="t", expires_at=dt.datetime(2100, 1, 1, tzinfo=dt.UTC)))
        number = self.back.count(endpoint)
        faults: dict[str, float] = self.back.told("faults", {})
        luck = random.Random(f"{self.back.told('seed', 0)}:{number}").random()
        befalls = None
        for kind, share in faults.items():
            if luck < share:
                befalls = kind
                break
            luck -= share
        self.around.called(Call("corner", endpoint, 500 if befalls else 200, 1.0, cost=10.0))
        if self.secrets.key.get_secret_value() != self.back.told("door", KEY):
            raise Unauthorized("the corner shop does not know this key: ask its owner")
        if befalls == "busy":
            raise RateLimited("the corner shop is crowded", after_s=0.01)
        if befalls in {"error", "timeout"}:
            raise Unavailable(f"the corner shop answered with an {befalls}")
        return befalls

    def account(self) -> Account:
        self._call("account")
        places = (Place("counter", "Counter"), Place("cellar", "Cellar"))
        return Account("Corner", "corner.test", "USD", "America/Denver", scopes=("all",), places=places)

    def publish(self, drafts: Iterable[ListingDraft]) -> Iterator[Outcome]:
        for draft in drafts:
            yield self._publish(draft)

    def _publish(self, draft: ListingDraft) -> Outcome:
        try:
            befalls = self._call("publish")
            reference = self._write(draft)
        except Rejected as refused:
            return Outcome(draft.key, error=refused)
        except Unavailable as failed:
            return Outcome(draft.key, error=failed)
        if befalls == "lost":
            return Outcome(draft.key, error=Unavailable("the answer was lost"))
        return Outcome(draft.key, shown=self._shown(reference))

    def _write(self, draft: ListingDraft) -> str:
        record = draft.product
        if record.name in self.back.told("reject", []):
            raise Rejected(f"the name {record.name} is taken", field="name")
        found = self.back.ask("SELECT reference FROM products WHERE key = ?", draft.key)
        reference = str(found[0][0]) if found else draft.reference
        body = json.loads(msgspec.json.encode(record))
        for variant in body["variants"]:
            if variant.get("price"):
                variant["price"] = f"{float(variant['price']):.2f}"
        if body.get("images"):
            body["images"] = [{**each, "url": f"https://cdn.test/{n}"} for n, each in enumerate(body["images"])]
        at = self.back.tick()
        if reference and self.back.ask("SELECT 1 FROM products WHERE reference = ?", reference):
            before = json.loads(self.back.ask("SELECT body FROM products WHERE reference = ?", reference)[0][0])
            sql = "UPDATE products SET body = ?, status = 'active', at = ?, key = ? WHERE reference = ?"
            self.back.ask(sql, json.dumps({**before, **body}), at, draft.key, reference)
            return reference
        return self.back.put(body, key=draft.key)

    def submit(self, drafts: Iterable[ListingDraft], *, key: str) -> Batch:
        found = self.back.ask("SELECT reference FROM batches WHERE key = ?", key)
        if not found:
            lines = list(drafts)
            most = self.back.told("most_lines")
            if most and len(lines) > int(most):
                raise Rejected(f"{len(lines)} lines are too many for one van", field=TOO_LARGE)
            befalls = self._call("submit")
            answers = []
            for draft in lines:
                try:
                    answers.append([draft.key, self._write(draft), None])
                except Rejected as refused:
                    answers.append([draft.key, None, refused.message])
            self.back.ask("INSERT INTO batches (key, looks, answers) VALUES (?, 0, ?)", key, json.dumps(answers))
            if befalls == "lost":
                raise Unavailable("the answer to the batch was lost")
            found = self.back.ask("SELECT reference FROM batches WHERE key = ?", key)
        return Batch(str(found[0][0]), "running")

    def look(self, batch: str) -> Batch:
        self._call("look")
        self.back.ask("UPDATE batches SET looks = looks + 1 WHERE reference = ?", batch)
        looks, answers = self.back.ask("SELECT looks, answers FROM batches WHERE reference = ?", batch)[0]
        if self.back.told("batch_fails"):
            return Batch(batch, "failed", message="the van broke down")
        return Batch(batch, "running" if looks < 2 else "done", len(json.loads(answers)))

    def outcomes(self, batch: str, keys: Sequence[str]) -> Iterator[Outcome]:
        self._call("outcomes")
        answers = json.loads(self.back.ask("SELECT answers FROM batches WHERE reference = ?", batch)[0][0])
        assert [each[0] for each in answers] == list(keys)
        for key, reference, refusal in answers:
            error: VendorError | None = Rejected(refusal) if refusal else None
            yield Outcome(key, shown=None if error else self._shown(reference), error=error)

    def withdraw(self, reference: str, *, delete: bool = False) -> None:
        self._call("withdraw")
        if delete:
            self.back.ask("DELETE FROM products WHERE reference = ?", reference)
        else:
            self.back.ask(
                "UPDATE products SET status = 'archived', at = ? WHERE reference = ?", self.back.tick(), reference
            )

    def set_stock(self, levels: Sequence[StockLevel]) -> Iterator[StockOutcome]:
        self._call("stock")
        for level in levels:
            sku = level.stock_reference.removeprefix("stock-")
            if not self.back.ask("SELECT 1 FROM moves WHERE key = ?", level.key):
                there = self.back.ask("SELECT quantity FROM stock WHERE sku = ?", sku)
                if level.expected is not None and (there[0][0] if there else 0) != level.expected:
                    yield StockOutcome(level.key, Rejected("somebody else moved it", field="expected"))
                    continue
                self.back.ask("INSERT OR REPLACE INTO stock VALUES (?, ?)", sku, level.quantity)
                self.back.ask("INSERT INTO moves VALUES (?, ?, ?)", level.key, sku, level.quantity)
            yield StockOutcome(level.key)

    def listings(
        self, *, since: dt.datetime | None = None, references: Collection[str] | None = None
    ) -> Iterator[Shown]:
        self._call("listings")
        for reference, at in self.back.ask("SELECT reference, at FROM products ORDER BY reference"):
            is_new = since is None or START + dt.timedelta(seconds=at) >= since
            if is_new and (references is None or str(reference) in references):
                yield self._shown(str(reference))

    def _shown(self, reference: str) -> Shown:
        sql = "SELECT body, key, at, status FROM products WHERE reference = ?"
        body, key, at, status = self.back.ask(sql, reference)[0]
        document = json.loads(body)
        record = msgspec.convert({**document, "status": status}, ProductRecord)
        variants = []
        for number, variant in enumerate(record.variants):
            sku = variant.sku or None
            quantity = self.back.ask("SELECT quantity FROM stock WHERE sku = ?", sku)
            quantities = {"counter": quantity[0][0] if quantity else 0}
            variants.append(
                ShownVariant(
                    sku=sku, reference=f"{reference}/{number}", stock_reference=f"stock-{sku}", quantities=quantities
                )
            )
        updated = START + dt.timedelta(seconds=at)
        return Shown(reference=reference, product=record, variants=variants, key=key, updated_at=updated)

    def subscribe(self, address: str) -> list[str]:
        self._call("subscribe")
        self.back.tell("bell", address)
        return ["products/update"]

    def notice(self, headers: Mapping[str, str], body: bytes) -> Notice:
        signature = {name.lower(): value for name, value in headers.items()}.get("x-corner-signature", "")
        if not hmac.compare_digest(signature, sign(self.secrets.webhook.get_secret_value(), body)):
            raise Unauthorized("the signature does not fit")
        told = json.loads(body)
        at = told.get("at")
        shown = self._shown(told["subject"]) if told.get("whole") else None
        happened = None if at is None else START + dt.timedelta(seconds=at)
        concerns = told.get("concerns", "other")
        return Notice(told["id"], told["topic"], told.get("subject"), happened, shown, concerns)


def sign(secret: str, body: bytes) -> str:
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


connector = Connector(
    title="Corner shop",
    channel=Channel(
        settings=CornerSettings,
        secrets=CornerSecrets,
        limits=Limits(title=60, images=3, variants=5, needs=frozenset({"price"}), bulk_from=40, batch_bytes=200_000),
        make=Corner,
    ),
)
__all__ = ["Back", "Corner", "ImageRecord", "connector", "sign"]
