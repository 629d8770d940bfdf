"""A small shop on loopback, and a channel that sells through it as it should."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import msgspec

from mercat.core.log import get_logger
from mercat.sdk import http
from mercat.sdk.channels import (
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
from mercat.sdk.errors import RateLimited, Rejected, Unauthorized, Unavailable, VendorError
from mercat.sdk.limits import Limits, over_limits
from mercat.sdk.records import ProductRecord

log = get_logger(__name__)
LIMITS = Limits(title=100, bulk_from=10)
PLACE = Place(reference="shelf", name="The shelf")
PASSWORD, SIGNING = "the-password", "the-signing-secret"


class SmallShop:
    """Listings by number; tokens against a password. ``client`` is what its channels ask with, as long as it is open."""

    client: http.Client

    def __init__(self) -> None:
        self.address = ""
        self.secrets = [PASSWORD, SIGNING]
        self.listings: dict[str, dict[str, Any]] = {}
        self.batches: dict[str, dict[str, Any]] = {}
        self.movements: set[str] = set()
        self.listeners: set[str] = set()
        self._made = 0
        self._asked = 0
        self._good: set[str] = set()
        self._after_s: int | None = None
        self._refuses = self._loses = False

    def requests(self) -> int:
        return self._asked

    def snapshot(self) -> object:
        return json.dumps(self.listings, sort_keys=True)

    def count(self) -> int:
        return len(self.listings)

    def limit_rate(self) -> float:
        self._after_s = 7
        return 7

    def expire_tokens(self) -> None:
        self._good.clear()

    def refuse_everybody(self) -> None:
        self._refuses = True
        self._good.clear()

    def lose_next_answer(self) -> None:
        self._loses = True

    def delivery(self) -> tuple[Mapping[str, str], bytes, str]:
        body = b'{"listing": "1"}'
        return {"Signature": signature(body), "Delivery": "d-1", "Topic": "listing/changed"}, body, "Signature"

    def answer(self, path: str, token: str, asked: dict[str, Any]) -> tuple[int, Any]:
        self._asked += 1
        if self._after_s is not None:
            return 429, {}
        if path == "/token":
            return self._token(asked)
        if self._refuses or token not in self._good:
            return 401, {}
        if path == "/find":
            return 200, [each for each in self.listings.values() if each["key"] == asked["key"]]
        if path == "/look":
            return 200, [self.listings[each] for each in asked["ids"] if each in self.listings]
        if path == "/set":
            status, answer = self._set(asked)
            if self._loses:
                self._loses = False
                return 502, {}
            return status, answer
        if path in {"/delete", "/archive", "/stock", "/batch", "/batch/look", "/listen"}:
            return 200, getattr(self, path.replace("/", "_"))(asked)
        return 200, {"name": "Small shop"}

    def _set(self, asked: dict[str, Any]) -> tuple[int, Any]:
        """Two of one handle are refused."""
        handles = {each["product"].get("handle"): number for number, each in self.listings.items()}
        number = asked["id"]
        if handles.get(asked["product"].get("handle"), number) != number:
            return 422, {"refused": "handle"}
        if number is None:
            self._made += 1
            number = str(self._made)
        stock = self.listings.get(number, {}).get("stock", {})
        self.listings[number] = {"id": number, "key": asked["key"], "product": asked["product"], "stock": stock}
        return 200, self.listings[number]

    def _delete(self, asked: dict[str, Any]) -> dict[str, Any]:
        return {"was_there": self.listings.pop(asked["id"], None) is not None}

    def _archive(self, asked: dict[str, Any]) -> dict[str, Any]:
        if asked["id"] not in self.listings:
            return {"was_there": False}
        self.listings[asked["id"]]["product"]["status"] = "archived"
        return {"was_there": True}

    def _stock(self, asked: dict[str, Any]) -> dict[str, Any]:
        """One piece of stock: ``set``, or ``stale`` where it is not as expected; a key that was there before, nothing."""
        number, _, variant = asked["variant"].partition("-")
        stock = self.listings[number]["stock"]
        if asked["key"] in self.movements:
            return {"outcome": "set"}
        if asked["expected"] is not None and stock.get(variant, 0) != asked["expected"]:
            return {"outcome": "stale"}
        if asked["key"]:
            self.movements.add(asked["key"])
        stock[variant] = asked["quantity"]
        return {"outcome": "set"}

    def _batch(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Worked on at once, and told of as running the first time."""
        if asked["key"] not in self.batches:
            results = [self._set({"id": None, **each}) for each in asked["drafts"]]
            self.batches[asked["key"]] = {"id": f"batch-{len(self.batches)}", "results": results, "looks": 0}
        return {"id": self.batches[asked["key"]]["id"]}

    def _batch_look(self, asked: dict[str, Any]) -> dict[str, Any]:
        batch = next(each for each in self.batches.values() if each["id"] == asked["id"])
        batch["looks"] += 1
        return {"is_done": batch["looks"] > 1, "results": batch["results"]}

    def _listen(self, asked: dict[str, Any]) -> dict[str, Any]:
        self.listeners.add(asked["address"])
        return {"topics": ["listing/changed"]}

    def _token(self, asked: dict[str, Any]) -> tuple[int, Any]:
        if self._refuses or asked["password"] != PASSWORD:
            return 401, {}
        token = f"token-{len(self.secrets)}-of-the-shop"
        self.secrets.append(token)
        self._good.add(token)
        return 200, {"token": token}

    @contextmanager
    def open(self) -> Iterator[SmallShop]:
        shop = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                status, answer = shop.answer(self.path, self.headers.get("X-Token", ""), asked)
                content = json.dumps(answer).encode()
                self.send_response(status)
                if status == 429:
                    self.send_header("Retry-After", str(shop._after_s))
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: Any) -> None:
                pass

        with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server, http.client(allow_private=True) as self.client:
            self.address = f"http://127.0.0.1:{server.server_address[1]}"
            thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
            thread.start()
            try:
                yield self
            finally:
                server.shutdown()
                thread.join()


def signature(body: bytes) -> str:
    return base64.b64encode(hmac.new(SIGNING.encode(), body, hashlib.sha256).digest()).decode()


class SmallChannel:
    """Sells through the small shop, and keeps every promise."""

    def __init__(self, shop: SmallShop, around: Surroundings) -> None:
        self.client = shop.client
        self.address = shop.address
        self.around = around

    def account(self) -> Account:
        return Account(
            name=self.ask("/account")["name"], domain=self.address, currency="EUR", timezone="UTC", places=(PLACE,)
        )

    def publish(self, drafts: Iterable[ListingDraft]) -> Iterator[Outcome]:
        for draft in drafts:
            yield self.published(draft)

    def published(self, draft: ListingDraft) -> Outcome:
        if reasons := self.over_limits(draft):
            return Outcome(draft.key, error=Rejected(reasons[0]))
        try:
            return Outcome(draft.key, shown=self.shown(self.ask("/set", **self.stated(draft))))
        except (RateLimited, Unauthorized):
            raise
        except VendorError as error:
            return Outcome(draft.key, error=error)

    def over_limits(self, draft: ListingDraft) -> list[str]:
        return over_limits(draft, LIMITS)

    def stated(self, draft: ListingDraft) -> dict[str, Any]:
        return {"id": self.number(draft), "key": draft.key, "product": msgspec.to_builtins(draft.product)}

    def number(self, draft: ListingDraft) -> str | None:
        found = [] if draft.reference else self.ask("/find", key=draft.key)
        return draft.reference or (found[0]["id"] if found else None)

    def shown(self, listing: dict[str, Any]) -> Shown:
        product = msgspec.convert(listing["product"], ProductRecord)
        variants = [
            ShownVariant(
                sku=str(each.sku),
                reference=f"{listing['id']}-{n}",
                stock_reference=f"{listing['id']}-{n}",
                quantities={PLACE.reference: listing["stock"].get(str(n), 0)},
            )
            for n, each in enumerate(product.variants)
        ]
        return Shown(reference=listing["id"], product=product, variants=variants, key=listing["key"])

    def listings(
        self, *, since: dt.datetime | None = None, references: Collection[str] | None = None
    ) -> Iterator[Shown]:
        assert since is None
        yield from (self.shown(each) for each in self.ask("/look", ids=list(references or ())))

    def notice(self, headers: Mapping[str, str], body: bytes) -> Notice:
        self.check(headers, body)
        told = json.loads(body)
        return Notice(headers["Delivery"], headers["Topic"], told["listing"], None)

    def check(self, headers: Mapping[str, str], body: bytes) -> None:
        if not hmac.compare_digest(signature(body), headers.get("Signature", "")):
            raise Unauthorized("not signed by the shop")

    def ask(self, path: str, **asked: Any) -> Any:
        status, answer = self.post(path, self.token(), asked)
        if status == 401:
            status, answer = self.post(path, self.new_token(), asked)
        self.judge(status)
        return answer

    def judge(self, status: int) -> None:
        if status == 422:
            raise Rejected("the shop has a listing of this handle", field="handle")
        if status == 401:
            raise Unauthorized("the shop refuses the token")
        if status >= 500:
            raise Unavailable("the shop does not answer")

    def token(self) -> str:
        kept = self.around.load_token()
        return kept.value if kept else self.new_token()

    def new_token(self) -> str:
        status, answer = self.post("/token", "", {"password": PASSWORD})
        self.judge(status)
        token = Token(value=answer["token"], expires_at=self.around.now() + dt.timedelta(days=1))
        self.around.save_token(token)
        return token.value

    def post(self, path: str, token: str, asked: Mapping[str, Any]) -> tuple[int, Any]:
        response = self.client.post(f"{self.address}{path}", json=dict(asked), headers={"X-Token": token})
        self.around.called(Call("small", path, response.status_code, 1.0))
        log.debug("shop_asked", path=path, status=response.status_code)
        if response.status_code == 429:
            http.check(response)
        return response.status_code, response.json()

    def submit(self, drafts: Iterable[ListingDraft], *, key: str) -> Batch:
        taken = list(drafts)
        rejected = {each.key: Rejected(reasons[0]) for each in taken if (reasons := self.over_limits(each))}
        if rejected:
            raise Rejected("some drafts are over the limits", rejected=rejected)
        lines = [{"key": each.key, "product": msgspec.to_builtins(each.product)} for each in taken]
        return Batch(self.ask("/batch", key=key, drafts=lines)["id"], "running")

    def look(self, batch: str) -> Batch:
        told = self.ask("/batch/look", id=batch)
        return Batch(batch, "done" if told["is_done"] else "running", done=len(told["results"]))

    def outcomes(self, batch: str, keys: Sequence[str]) -> Iterator[Outcome]:
        results = self.ask("/batch/look", id=batch)["results"]
        for key, (status, answer) in zip(keys, results, strict=True):
            yield self.outcome(key, status, answer)

    def outcome(self, key: str, status: int, answer: dict[str, Any]) -> Outcome:
        try:
            self.judge(status)
        except VendorError as error:
            return Outcome(key, error=error)
        return Outcome(key, shown=self.shown(answer))

    def withdraw(self, reference: str, *, delete: bool = False) -> None:
        self.ask("/delete" if delete else "/archive", id=reference)

    def set_stock(self, levels: Sequence[StockLevel]) -> Iterator[StockOutcome]:
        for each in levels:
            told = self.ask("/stock", **self.movement(each))["outcome"]
            yield StockOutcome(each.key, Rejected("look again", field="expected") if told == "stale" else None)

    def movement(self, level: StockLevel) -> dict[str, Any]:
        return {
            "variant": level.stock_reference,
            "quantity": level.quantity,
            "expected": level.expected,
            "key": level.key,
        }

    def subscribe(self, address: str) -> list[str]:
        topics: list[str] = self.ask("/listen", address=address)["topics"]
        return topics
