"""A page as it is answered: the layout's facts, toasts across a redirect, and how a form's answer reaches a browser.

The contract with ``static/mercat.js``: every answer is a whole page; a request with ``X-Swap`` takes the named ids out of it.
``X-Go`` sends the browser elsewhere, ``X-Toast`` says something, 422 is the form again with its errors, 204 is "kept".
"""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path as FilePath
from typing import Any
from urllib.parse import quote, unquote, urlsplit
from zoneinfo import ZoneInfo

import xxhash
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from mercat.core.clock import now
from mercat.domain.access.service import Principal
from mercat.web import nav
from mercat.web.formats import FILTERS, Clock
from mercat.web.rhythm import said

STATIC = FilePath(__file__).parent / "static"
# Of a page, and not of the middleware: the page of a failure that nobody foresaw is made outside of all middleware.
_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data:; style-src-attr 'unsafe-inline'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'self'; object-src 'none'",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
_NEEDLESS = re.compile(r'(?<==)"([\w-]+)"(?=[\s>])')
THEMES = ("light", "dark")
_TOAST, _TOAST_LASTS_S = "mercat_toast", 60


@cache
def static_url() -> str:
    """Where the files of the dashboard lie: the address changes with them, so that browsers may keep them for good."""
    digest = xxhash.xxh3_64()
    for path in sorted(STATIC.iterdir()):
        digest.update(path.read_bytes())
    return f"/static/{digest.hexdigest()[:10]}/"


@cache
def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("mercat.web"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
        auto_reload=False,
    )
    made.filters.update(FILTERS)
    made.globals.update(static=static_url(), rhythm=said, parted=nav.SETTINGS, part_at=nav.setting)
    return made


def own_address(back: str, otherwise: str = "/") -> str:
    """An address within this house, and nothing else: a link may not send whoever follows it elsewhere."""
    parts = urlsplit(back)
    is_own = back.startswith("/") and not back.startswith(("//", "/\\")) and not parts.netloc
    return back if is_own else otherwise


class Page:
    """What a handler answers with: ``page.show(...)`` a page, ``page.go(...)`` on to another one."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.principal: Principal | None = request.scope.get("principal")
        zone = None if self.principal is None else self.principal.settings.timezone
        self.clock = Clock(now(), ZoneInfo(zone or "UTC"))

    @property
    def theme(self) -> str:
        """The one that was chosen in this browser; empty: as the system has it."""
        chosen = self.request.cookies.get("theme", "")
        return chosen if chosen in THEMES else ""

    @property
    def is_swap(self) -> bool:
        """Whether parts of the page are taken out of it by the script."""
        return "x-swap" in self.request.headers

    def may(self, permission: str | None) -> bool:
        """Whether whoever looks may do this: what would be refused is not offered."""
        return permission is None or (self.principal is not None and self.principal.actor.may(permission))

    def show(self, template: str, *, status: int = 200, **facts: Any) -> Response:
        """The page that a template makes of the facts."""
        toast = self._toast()
        html = (
            _environment()
            .get_template(template)
            .render(**{**self._layout(), "toast": None if self.is_swap else toast, **facts})
        )
        # Text is escaped, so a quote stands in tags only; those that HTML does not need are an eighth of a long table.
        html = "".join(_NEEDLESS.split(html))
        response = Response(html, status, _HEADERS, media_type="text/html; charset=utf-8")
        if toast is not None:
            response.delete_cookie(_TOAST)
            if self.is_swap:
                response.headers["X-Toast"] = quote(json.dumps(toast))
        return response

    def show_once(self, *, title: str, secret: str, what: str, until: Any = None, back: str) -> Response:
        """The page of something that is shown this once: no browser and no proxy keeps it."""
        response = self.show("settings/once.html", title=title, secret=secret, what=what, until=until, back=back)
        response.headers["Cache-Control"] = "no-store"
        return response

    def part(self, template: str, **facts: Any) -> str:
        """A piece of a page, to be put into one that is shown already."""
        return _environment().get_template(template).render(page=self, clock=self.clock, may=self.may, **facts)

    def go(self, url: str, toast: str | None = None, *, undo: str | None = None) -> Response:
        """On to another page, with something said there. ``undo``: the address that takes it back, by POST."""
        response: Response = RedirectResponse(url, 303)
        if toast is not None:
            said = {"text": toast, **({"undo": undo} if undo else {})}
            response.set_cookie(_TOAST, quote(json.dumps(said)), max_age=_TOAST_LASTS_S, httponly=True, samesite="lax")
        return response

    def kept(self) -> Response:
        """Done, and the page is right as it stands."""
        return Response(status_code=204)

    def _toast(self) -> dict[str, str] | None:
        given = self.request.cookies.get(_TOAST)
        if given is None:
            return None
        try:
            said = json.loads(unquote(given))
            return {name: str(said.get(name) or "") for name in ("text", "undo")}
        except (ValueError, TypeError, AttributeError):
            return None

    def _layout(self) -> dict[str, Any]:
        path = self.request.url.path
        groups = [(title, [link for link in links if self.may(link.permission)]) for title, links in nav.GROUPS]
        links = [link for _, some in groups for link in some]
        return {
            "page": self,
            "clock": self.clock,
            "may": self.may,
            "groups": [(title, some) for title, some in groups if some],
            "short": [link for url in nav.SHORT for link in links if link.url == url] + [nav.MORE],
            "here": nav.current(path),
            "path": path,
            "address": path + (f"?{self.request.url.query}" if self.request.url.query else ""),
            "who": None if self.principal is None else self.principal.actor.name,
            "theme": self.theme,
        }
