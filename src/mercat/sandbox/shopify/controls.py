"""``/__sandbox__/``: what a test or a demo may ask of the shop behind its back, and do to it.

| | |
|---|---|
| ``GET credentials`` | what a client needs to connect (see ``server``) |
| ``GET state`` | the whole shop as JSON; ``?only=products`` one part of it |
| ``GET calls`` | how often each operation and each root field was called, which faults happened, which webhooks went out |
| ``GET faults``, ``POST faults`` | ``{"rates": {"500": 0.05}, "next": ["502", null]}``: chances, and what befalls the very next calls |
| ``POST clock`` | ``{"forward_s": 3600}``: tokens age, files get ready |
| ``POST tokens/expire`` | every token dies but the custom app's |
| ``POST scopes`` | ``{"scopes": [...]}``: what the app is granted from now on |
| ``POST bucket`` | ``{"left": 0}``: empties the bucket of points |
| ``POST webhooks`` | ``{"topic": "app/uninstalled", "body": {...}, "uri": "..."}``: signed and sent |
"""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from mercat.sandbox.shopify.access import ALL_SCOPES
from mercat.sandbox.shopify.dumping import dump
from mercat.sandbox.shopify.faults import CALLS, check
from mercat.sandbox.shopify.house import House
from mercat.sandbox.shopify.schema_version import VERSION

Handler = Callable[[dict[str, Any]], Any]


class ControlRefused(Exception):  # named for what happened
    """A control request asks for what there is not."""


def control_routes(house: House) -> list[Route]:
    """The controls of one house."""
    controls = _Controls(house)
    asked = {"credentials": controls.credentials, "calls": controls.calls, "faults": controls.faults}
    done: dict[str, Handler] = {
        "faults": controls.set_faults,
        "clock": controls.forward,
        "tokens/expire": controls.expire,
        "scopes": controls.grant,
        "bucket": controls.drain,
        "webhooks": controls.webhook,
    }
    return [
        *(Route(f"/__sandbox__/{name}", _asking(house, get), methods=["GET"]) for name, get in asked.items()),
        Route("/__sandbox__/state", _asking(house, controls.state, with_query=True), methods=["GET"]),
        *(Route(f"/__sandbox__/{name}", _doing(house, do), methods=["POST"]) for name, do in done.items()),
    ]


def may(house: House, request: Request) -> bool:
    """With a secret, who knows it; without, who is on this machine and came here by its own address."""
    if house.options.secret is not None:
        given = request.headers.get("x-sandbox-secret", "")
        return hmac.compare_digest(given.encode(), house.options.secret.encode())
    return _is_loopback(request.client.host if request.client else "") and _is_loopback(request.url.hostname or "")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


_REFUSED = {"error": "the controls are for callers on this machine, or who send X-Sandbox-Secret"}
Endpoint = Callable[[Request], Awaitable[Response]]


def _asking(house: House, get: Callable[..., Any], *, with_query: bool = False) -> Endpoint:
    async def answer(request: Request) -> Response:
        if not may(house, request):
            return JSONResponse(_REFUSED, 403)
        return _answered(get, *([dict(request.query_params)] if with_query else []))

    return answer


def _doing(house: House, do: Handler) -> Endpoint:
    async def answer(request: Request) -> Response:
        if not may(house, request):
            return JSONResponse(_REFUSED, 403)
        raw = await request.body()
        try:
            given = msgspec.json.decode(raw) if raw else {}
        except msgspec.DecodeError:
            return JSONResponse({"error": "the body has to be JSON"}, 400)
        if not isinstance(given, dict):
            return JSONResponse({"error": "the body has to be an object"}, 400)
        return _answered(do, given)

    return answer


def _answered(work: Callable[..., Any], *given: Any) -> Response:
    try:
        found = work(*given)
    except (ControlRefused, ValueError) as refused:
        return JSONResponse({"error": str(refused)}, 400)
    return Response(msgspec.json.encode(found), media_type="application/json")


class _Controls:
    def __init__(self, house: House) -> None:
        self.house = house

    def credentials(self) -> dict[str, Any]:
        access, options = self.house.access, self.house.options
        return {
            "base_url": self.house.shop.origin,
            "domain": options.domain,
            "api_version": VERSION,
            "client_id": access.client_id,
            "client_secret": access.client_secret,
            "api_secret": access.client_secret,
            "access_token": access.custom_token,
            "scopes": list(access.scopes),
        }

    def state(self, query: dict[str, str]) -> Any:
        whole = dump(self.house.shop)
        if not (only := query.get("only")):
            return whole
        if only not in whole:
            raise ControlRefused(f"the state has no part {only!r}, but {', '.join(whole)}")
        return whole[only]

    def calls(self) -> dict[str, Any]:
        return {
            "calls": dict(self.house.shop.calls),
            "faults": dict(self.house.faults.happened),
            "webhooks": self.house.courier.log,
            "throttle": self.house.bucket.status(),
        }

    def faults(self) -> dict[str, Any]:
        faults = self.house.faults
        return {"rates": faults.rates, "next": list(faults.script), "happened": dict(faults.happened)}

    def set_faults(self, given: dict[str, Any]) -> dict[str, Any]:
        rates, script = given.get("rates", self.house.faults.rates), given.get("next", [])
        if not isinstance(rates, dict) or not isinstance(script, list):
            raise ControlRefused("rates has to be an object, and next a list")
        if not all(isinstance(rate, int | float) for rate in rates.values()):
            raise ControlRefused("a rate is a number between 0 and 1")
        check(rates)
        if unknown := [name for name in script if name is not None and name not in CALLS]:
            raise ControlRefused(f"no fault of calls is called {unknown[0]!r}; there are {', '.join(CALLS)}")
        self.house.faults.rates = dict(rates)
        self.house.faults.script.extend(script)
        return self.faults()

    def forward(self, given: dict[str, Any]) -> dict[str, Any]:
        seconds = given.get("forward_s")
        if not isinstance(seconds, int | float) or seconds < 0:
            raise ControlRefused("forward_s has to be a number of seconds")
        self.house.shop.clock.forward(float(seconds))
        return {"now_s": self.house.shop.clock.read()}

    def expire(self, _: dict[str, Any]) -> dict[str, Any]:
        self.house.access.expire_all()
        return {}

    def grant(self, given: dict[str, Any]) -> dict[str, Any]:
        scopes = given.get("scopes")
        if not isinstance(scopes, list) or (unknown := sorted(set(map(str, scopes)) - set(ALL_SCOPES))):
            raise ControlRefused(f"scopes has to be a list of {', '.join(ALL_SCOPES)}; {unknown if scopes else ''}")
        self.house.access.restrict(scopes)
        return {"scopes": scopes}

    def drain(self, _: dict[str, Any]) -> dict[str, Any]:
        self.house.bucket.drain()
        return {"throttle": self.house.bucket.status()}

    def webhook(self, given: dict[str, Any]) -> dict[str, Any]:
        if not isinstance(given.get("topic"), str) or not str(given.get("uri", "")).startswith(("http://", "https://")):
            raise ControlRefused("a webhook needs a topic like app/uninstalled, and a uri to go to")
        self.house.courier.send(given["topic"], given.get("body", {}), given["uri"])
        return {}
