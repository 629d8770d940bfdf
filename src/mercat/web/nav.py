"""Where one can go from everywhere: the navigation, group by group. A page that is reached from another is not in it."""

from __future__ import annotations

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
# The bar at the foot of a phone; the rest is behind "More".
SHORT: tuple[str, ...] = ("/", "/review", "/products", "/jobs")
MORE = Link("More", "/more", "menu")


def current(path: str) -> str | None:
    """The link that a path lies under: of several that fit, the longest."""
    urls = [link.url for _, links in GROUPS for link in links]
    fitting = [url for url in urls if path == url or (url != "/" and path.startswith(f"{url}/"))]
    return max(fitting, key=len, default=None)
