"""Where one can go from everywhere: the navigation, group by group. A page that is reached from another is not in it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Link:
    """A place in the navigation; it is shown to whoever holds the permission (``None``: to everybody)."""

    title: str
    url: str
    icon: str
    permission: str | None = None


# A group's title, and its links in their order.
GROUPS: tuple[tuple[str, tuple[Link, ...]], ...] = (
    ("", (Link("Overview", "/", "home", "reports.read"), Link("Review", "/review", "inbox", "reports.read"))),
    (
        "Catalogue",
        (
            Link("Products", "/products", "box", "catalog.read"),
            Link("Categories", "/categories", "tree", "catalog.read"),
            Link("Changes", "/changes", "history", "catalog.read"),
        ),
    ),
    (
        "Supply",
        (Link("Suppliers", "/suppliers", "truck", "suppliers.read"), Link("Feeds", "/feeds", "feed", "suppliers.read")),
    ),
    (
        "Sell",
        (
            Link("Listings", "/listings", "tag", "listings.read"),
            Link("Stores", "/stores", "store", "listings.read"),
            Link("Sync history", "/sync", "swap", "operations.read"),
        ),
    ),
    (
        "Market",
        (
            Link("Tracked products", "/market", "chart", "market.read"),
            Link("Alerts", "/alerts", "bell", "alerts.read"),
            Link("Suggestions", "/suggestions", "spark", "suggestions.read"),
        ),
    ),
    (
        "System",
        (
            Link("Jobs", "/jobs", "term", "operations.read"),
            Link("Schedules", "/schedules", "clock", "operations.read"),
            Link("Logs", "/logs", "menu", "operations.logs"),
            Link("Settings", "/settings", "gear", "access.own"),
        ),
    ),
)
# What the settings are parted into; a tab each.
SETTINGS: tuple[Link, ...] = (
    Link("You", "/settings", "gear", "access.own"),
    Link("Sessions", "/settings/sessions", "lock", "access.own"),
    Link("API keys", "/settings/keys", "key", "access.own"),
    Link("People", "/settings/users", "users", "access.users"),
    Link("Connections", "/settings/connections", "link", "listings.read"),
    Link("Calls", "/settings/calls", "swap", "operations.read"),
    Link("Configuration", "/settings/configuration", "filter", "operations.configure"),
    Link("Webhooks", "/settings/webhooks", "out", "operations.read"),
    Link("Backups", "/settings/backups", "save", "operations.backup"),
    Link("Audit", "/settings/audit", "history", "access.audit"),
    Link("About", "/settings/about", "help", "access.own"),
)
# The bar at the foot of a phone; the rest is behind "More".
SHORT: tuple[str, ...] = ("/", "/review", "/products", "/jobs")
MORE = Link("More", "/more", "menu")


_ALL = tuple(link for _, some in GROUPS for link in some)


def current(path: str, links: Iterable[Link] = _ALL) -> str | None:
    """The link that a path lies under: of several that fit, the longest."""
    urls = [link.url for link in links]
    fitting = [url for url in urls if path == url or (url != "/" and path.startswith(f"{url}/"))]
    return max(fitting, key=len, default=None)


def setting(path: str) -> str | None:
    """The part of the settings that a path lies under."""
    return current(path, SETTINGS)
