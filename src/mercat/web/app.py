"""The dashboard, put together: the guard, the static files, and the pages of every room."""

from __future__ import annotations

from functools import partial

from fastapi import FastAPI
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

from mercat.core.unit import Runtime
from mercat.domain.access import service as access
from mercat.sdk.pictures import PREFIX as PICTURES
from mercat.web import (
    alert_rules,
    alerts,
    bestsellers,
    calls,
    categories,
    category_words,
    changes,
    configuration,
    connections,
    entry,
    feeds,
    history,
    images,
    imports,
    jobs,
    keeping,
    keys,
    links,
    listings,
    live,
    many,
    market,
    market_product,
    market_reviews,
    media,
    mutes,
    overview,
    people,
    product,
    products,
    schedules,
    searching,
    settings,
    stores,
    suggestions,
    suppliers,
    told,
    webhooks,
)
from mercat.web.errors import add_handlers
from mercat.web.guard import Guard
from mercat.web.pages import STATIC, static_url

# The pages of each room; a new one is added here and in the navigation.
ROOMS = (
    entry.router,
    links.router,
    live.router,
    overview.router,
    searching.router,
    many.router,
    products.router,
    product.router,
    images.router,
    media.router,
    changes.router,
    market.router,
    bestsellers.router,
    market_reviews.router,
    market_product.router,
    alert_rules.router,
    mutes.router,
    told.router,
    alerts.router,
    suggestions.router,
    category_words.router,
    categories.router,
    suppliers.router,
    feeds.router,
    imports.router,
    listings.router,
    stores.router,
    history.router,
    jobs.router,
    schedules.router,
    settings.router,
    keys.router,
    people.router,
    connections.router,
    calls.router,
    configuration.router,
    webhooks.router,
    keeping.router,
)
_SMALLEST_GZIPPED = 600


class _Smaller(GZipMiddleware):
    """Texts are sent packed; pictures are packed already."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith(PICTURES):
            await self.app(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


class _Static(StaticFiles):
    """Files whose address changes with what they hold."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response


def make_app(runtime: Runtime) -> FastAPI:
    """The pages on a runtime. To be served behind the API's gate, which bounds what is sent and how fast."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    app.state.runtime = runtime
    app.mount(static_url().rstrip("/"), _Static(directory=STATIC), name="static")
    add_handlers(app)
    for room in ROOMS:
        # As they are: FastAPI's own way to include a router looks through all routes twice.
        app.router.routes.extend(room.routes)
    # The first parts of the addresses that there are pages at.
    app.state.places = {
        route.path.split("/")[1].partition(".")[0] for room in ROOMS for route in room.routes if hasattr(route, "path")
    }
    # The last one added stands first.
    app.add_middleware(_Smaller, minimum_size=_SMALLEST_GZIPPED)
    app.add_middleware(
        Guard, find=partial(_find, runtime), recall=lambda secret, at: access.known_browser(runtime, secret, address=at)
    )
    return app


def _find(runtime: Runtime, secret: str, address: str) -> access.Principal | None:
    return access.browser_actor(runtime, secret, address=address)
