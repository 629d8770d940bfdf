"""Every page there is, with an address that leads to it: what the browser tests visit."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi.routing import APIRoute

from mercat.web.app import ROOMS
from mercat.web.routes import PERMISSION
from tests.web import work

# An address for each page whose own has a part in braces; what it names is made in ``goods.fill``, by these names.
EXAMPLES: dict[str, str] = {
    "/categories/{category_id:uuid}": "/categories/{category}",
    "/changes/{reference}": "/changes/{held}",
    "/suppliers/{code}": "/suppliers/northgate",
    "/suppliers/{code}/edit": "/suppliers/northgate/edit",
    "/suppliers/{code}/feeds/new": "/suppliers/northgate/feeds/new",
    "/suppliers/{code}/feeds/{name}": f"/suppliers/northgate/feeds/northgate?sample={work.SAMPLE}&file=prices.csv",
    "/listings/{listing_id:uuid}": f"/listings/{work.LISTING}",
    "/stores/{name}": "/stores/main",
    "/market/categories/{category_id:uuid}": "/market/categories/{list}",
    "/market/{listing_id:uuid}": "/market/{listing}",
    "/alerts/{alert_id:uuid}": "/alerts/{alert}",
    "/alerts/rules/{key}": "/alerts/rules/price_change",
    "/suggestions/{suggestion_id:uuid}": "/suggestions/{suggestion}",
    "/jobs/{job_id:uuid}": f"/jobs/{work.RUNNING}",
    "/settings/users/{name}": "/settings/users/vera",
    "/settings/connections/stores/{name}": "/settings/connections/stores/main",
    "/settings/connections/sources/{name}": "/settings/connections/sources/keepa",
    "/settings/configuration/{key}": "/settings/configuration/market.own_sellers",
    "/settings/webhooks/{name}": "/settings/webhooks/erp",
    "/settings/webhooks/deliveries/{delivery_id:uuid}": f"/settings/webhooks/deliveries/{work.DELIVERY}",
    "/welcome/{token}": "/welcome/mi_nobody",
    "/reset/{token}": "/reset/mi_nobody",
    "/products/{reference}": "/products/P-003",
    "/products/{reference}/why/{field}": "/products/P-003/why/price",
}
# Further faces of these pages.
FACES = [
    f"/products/P-003?tab={tab}" for tab in ("variants", "fields", "media", "costs", "channels", "market", "history")
]
FILE = ".{ending}"
# What a page follows, and no page.
STREAMS = {"/live"}


def routes() -> list[APIRoute]:
    return [route for room in ROOMS for route in room.routes if isinstance(route, APIRoute)]


def pages() -> list[APIRoute]:
    """What a browser shows: no files, and no streams."""
    return [
        route
        for route in routes()
        if "GET" in route.methods and not route.path.endswith(FILE) and route.path not in STREAMS
    ]


def permission_of(route: APIRoute) -> str | None:
    return (route.openapi_extra or {}).get(PERMISSION)


def is_open(route: APIRoute) -> bool:
    return PERMISSION not in (route.openapi_extra or {})


def address_of(route: APIRoute, named: Mapping[str, str]) -> str:
    return EXAMPLES[route.path].format_map(named) if "{" in route.path else route.path
