"""Connections: how stores and sources of the market are doing, trying them, and what opens them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import Form, Path, Query
from starlette.responses import Response

from mercat.core.errors import Invalid, MercatError
from mercat.core.unit import ReadUnit, Runtime
from mercat.domain.listings import service as listings
from mercat.domain.market import service as market
from mercat.sdk.errors import VendorError
from mercat.sdk.installed import connectors
from mercat.web.forms import Back
from mercat.web.pages import Page
from mercat.web.product import Typed
from mercat.web.routes import Caller, House, Pages, Shown, needs

router = Pages()
HERE = "/settings/connections"
Name = Annotated[str, Path(max_length=255)]
_SECRET, _SETTING = "secret:", "setting:"


@router.get(HERE, **needs("listings.read"))
def show_connections(runtime: House, caller: Caller, page: Shown) -> Response:
    """All of them, with when they last answered and what is wrong."""
    with runtime.read(caller) as unit:
        stores = listings.list_stores(unit)
        sources = market.list_sources(unit) if page.may("market.read") else []
    is_any = any(each.is_active for each in stores) or bool(sources)
    return page.show("settings/connections.html", stores=stores, sources=sources, is_any=is_any)


@router.post(f"{HERE}/stores/{{name}}/test", **needs("listings.connect"))
def check_store(name: Name, runtime: House, caller: Caller, page: Shown, _asked: Annotated[Back, Form()]) -> Response:
    """Look a store's account up."""
    return _tried(page, name, lambda: listings.test_store(runtime, caller, name))


@router.post(f"{HERE}/sources/{{name}}/test", **needs("market.connect"))
def check_source(name: Name, runtime: House, caller: Caller, page: Shown, _asked: Annotated[Back, Form()]) -> Response:
    """Ask a source what it allows."""
    return _tried(page, name, lambda: market.test_source(runtime, caller, name))


@router.get(f"{HERE}/stores/{{name}}", **needs("listings.connect"))
def credentials_form(name: Name, runtime: House, caller: Caller, page: Shown) -> Response:
    """The form for new credentials of a store."""
    with runtime.read(caller) as unit:
        return _credentials(page, unit, name)


@router.post(f"{HERE}/stores/{{name}}", **needs("listings.connect"))
def renew(name: Name, runtime: House, caller: Caller, page: Shown, typed: Typed) -> Response:
    """Take new credentials; they are tried first."""
    try:
        view, account = listings.renew_store(runtime, caller, name, _of(typed, _SECRET))
    except (MercatError, VendorError) as wrong:
        with runtime.read(caller) as unit:
            return _credentials(page, unit, name, error=wrong.message)
    return page.go(HERE, f"{view.name} is opened by the new credentials: {account.name} answers")


@router.get(f"{HERE}/sources/new", **needs("market.connect"))
def source_form(runtime: House, page: Shown, provider: Annotated[str, Query(max_length=50)] = "") -> Response:
    """The form to connect a source."""
    return _source(page, runtime, provider, {})


@router.post(f"{HERE}/sources/new", **needs("market.connect"))
def connect_source(runtime: House, caller: Caller, page: Shown, typed: Typed) -> Response:
    """Connect it. It is asked first: a source that does not answer is not added."""
    given = dict(typed)
    name, provider, sandbox = (given.get(each, "").strip() for each in ("name", "provider", "sandbox"))
    try:
        if sandbox:
            _refuse_loopback(runtime)
            draft = market.sandbox_draft(name, provider, sandbox)
        else:
            draft = market.SourceDraft(name, provider, _of(typed, _SETTING), _of(typed, _SECRET))
        view = market.add_source(runtime, caller, draft)
    except (MercatError, VendorError) as wrong:
        return _source(page, runtime, provider, given, error=wrong.message)
    return page.go(HERE, f"{view.name} is connected")


@router.get(f"{HERE}/sources/{{name}}", **needs("market.connect"))
def source_credentials_form(name: Name, runtime: House, caller: Caller, page: Shown) -> Response:
    """The form for new credentials of a source."""
    with runtime.read(caller) as unit:
        return _source_credentials(page, unit, name)


@router.post(f"{HERE}/sources/{{name}}", **needs("market.connect"))
def renew_source(name: Name, runtime: House, caller: Caller, page: Shown, typed: Typed) -> Response:
    """Take new credentials; they are tried first."""
    try:
        view = market.renew_source(runtime, caller, name, _of(typed, _SECRET))
    except (MercatError, VendorError) as wrong:
        with runtime.read(caller) as unit:
            return _source_credentials(page, unit, name, error=wrong.message)
    return page.go(HERE, f"{view.name} is opened by the new credentials")


@router.post(f"{HERE}/sources/{{name}}/remove", **needs("market.connect"))
def remove_source(name: Name, runtime: House, caller: Caller, page: Shown) -> Response:
    """Forget how it is opened. What it told stays."""
    with runtime.write(caller) as unit:
        market.remove_source(unit, name)
    return page.go(HERE, f"{name} is disconnected. What it told stays")


def _tried(page: Page, name: str, ask: Callable[[], object]) -> Response:
    try:
        ask()
    except (MercatError, VendorError) as wrong:
        return page.go(HERE, f"{name} does not answer as it should: {wrong.message}")
    return page.go(HERE, f"{name} answers")


def _credentials(page: Page, unit: ReadUnit, name: str, *, error: str = "") -> Response:
    store = listings.get_store(unit, name)
    facts = {"platform": store.platform, "domain": store.domain, "wanted": listings.secrets_wanted(store.platform)}
    return _renewal(page, "stores", name, error, facts)


def _source_credentials(page: Page, unit: ReadUnit, name: str, *, error: str = "") -> Response:
    provider = market.get_source(unit, name).provider
    facts = {"platform": provider, "domain": None, "wanted": market.secrets_wanted(provider)}
    return _renewal(page, "sources", name, error, facts)


def _renewal(page: Page, kind: str, name: str, error: str, facts: dict[str, Any]) -> Response:
    action = f"{HERE}/{kind}/{quote(name, safe='')}"
    status = 422 if error else 200
    return page.show("settings/credentials.html", status=status, action=action, name=name, error=error, **facts)


def _source(page: Page, runtime: Runtime, provider: str, given: dict[str, str], *, error: str = "") -> Response:
    watchers = {name: each for name, each in connectors().items() if each.market is not None}
    chosen = provider if provider in watchers else next(iter(watchers))
    parts: Any = watchers[chosen].market
    # Where it is reached is for loopback sources, which say it themselves.
    settings = [
        (name, each.description or name.replace("_", " "), each.is_required())
        for name, each in parts.settings.model_fields.items()
        if name != "address"
    ]
    return page.show(
        "settings/source.html",
        status=422 if error else 200,
        providers=[(name, each.title) for name, each in watchers.items()],
        provider=chosen,
        settings=settings,
        wanted=market.secrets_wanted(chosen),
        given=given,
        may_sandbox=runtime.settings.http_allow_private,
        error=error,
    )


def _of(typed: list[tuple[str, str]], prefix: str) -> dict[str, str]:
    """What was typed into the fields of a kind; empty ones say nothing."""
    return {
        name.removeprefix(prefix): value.strip() for name, value in typed if name.startswith(prefix) and value.strip()
    }


def _refuse_loopback(runtime: Runtime) -> None:
    if not runtime.settings.http_allow_private:
        message = "a loopback source is reached from here only with MERCAT_HTTP_ALLOW_PRIVATE=1"
        raise Invalid(message)
