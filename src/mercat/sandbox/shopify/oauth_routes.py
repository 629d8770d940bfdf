"""Tokens over HTTP, and the page on which a merchant says yes."""

from __future__ import annotations

from html import escape
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from mercat.core.clock import now
from mercat.sandbox.shopify.access import Access, OauthRefused
from mercat.sandbox.shopify.options import Options

_PAGE = """<!doctype html><title>Install</title><h1>{name}</h1><p>An app asks for: {scopes}</p>
<form method="get"><p>{fields}<button name="approve" value="yes">Install</button></p></form>"""


def oauth_routes(access: Access, options: Options) -> list[Route]:
    """Where tokens come from."""

    async def token(request: Request) -> Response:
        try:
            return JSONResponse(access.grant(await _asked(request)))
        except OauthRefused as refused:
            return JSONResponse({"error": refused.error, "error_description": refused.description}, 400)

    async def authorize(request: Request) -> Response:
        """Without ``approve=yes`` a page that asks; with it, the way back."""
        asked = {**request.query_params, "timestamp": str(int(now().timestamp()))}
        try:
            target = access.authorize(asked, options.domain)
        except OauthRefused as refused:
            return HTMLResponse(f"<!doctype html><h1>{escape(refused.error)}</h1><p>{escape(refused.description)}", 400)
        if request.query_params.get("approve") == "yes":
            return RedirectResponse(target, 302)
        fields = "".join(
            f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
            for name, value in request.query_params.items()
        )
        scopes = escape(request.query_params.get("scope", "") or ", ".join(access.scopes))
        return HTMLResponse(_PAGE.format(name=escape(options.name), scopes=scopes, fields=fields))

    return [
        Route("/admin/oauth/access_token", token, methods=["POST"]),
        Route("/admin/oauth/authorize", authorize, methods=["GET"]),
    ]


async def _asked(request: Request) -> dict[str, Any]:
    if request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return {name: str(value) for name, value in (await request.form()).items()}
    try:
        asked = msgspec.json.decode(await request.body())
    except msgspec.DecodeError:
        asked = None
    if not isinstance(asked, dict):
        raise OauthRefused("invalid_request", "the body has to be a JSON object or a form")
    return asked
