"""The last steps of ``mercat demo``: the catalogue goes to a loopback shop, and the shop is asked what it shows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from mercat.cli.display import say
from mercat.cli.progress import progressing
from mercat.cli.publish import print_published
from mercat.cli.session import me
from mercat.core.jobs import Watch
from mercat.core.unit import Runtime
from mercat.domain.listings import service as listings
from mercat.sandbox.shopify import RunningShop

NAME = "demo-shop"
Step = Callable[[str, str], None]


def play_shop(runtime: Runtime, shop: RunningShop, step: Step, *, is_quiet: bool) -> dict[str, Any]:
    """Connect a loopback shop, publish, publish again, and compare; what the story tells of it."""
    step("A shop on this machine, that speaks Shopify's own language", "mercat sandbox shopify --plan plus")
    step("Connect it", f"mercat store add shopify {NAME} --sandbox {shop.url}")
    draft = listings.sandbox_draft(NAME, "shopify", shop.url)
    view, account = listings.add_store(runtime, me(), draft)
    if not is_quiet:
        say(f"  {account.name} at {view.domain}, {view.currency}", style="green")
    first = _publish(runtime, step, "Show the catalogue there", is_quiet=is_quiet)
    again = _publish(runtime, step, "And once more: nothing changed, so nobody is called", is_quiet=is_quiet)
    return {"first_publish": first, "publish_again": again, "shop": _shown(shop, step, is_quiet=is_quiet)}


def _publish(runtime: Runtime, step: Step, what: str, *, is_quiet: bool) -> dict[str, Any]:
    step(what, f"mercat publish {NAME}")
    with progressing("listings") as progress:
        result = listings.publish(runtime, me(), NAME, watch=Watch(progress))
    if not is_quiet:
        print_published(result)
    return asdict(result)


def _shown(shop: RunningShop, step: Step, *, is_quiet: bool) -> dict[str, Any]:
    """What the shop itself says."""
    step("What does the shop say?", f"curl {shop.url}/__sandbox__/state")
    products = shop.state["products"]
    told = {
        "products": len(products),
        "variants": sum(len(each["variants"]) for each in products),
        "collections": len(shop.state["collections"]),
        "calls": sum(shop.calls.values()),
    }
    if not is_quiet:
        say("  " + " · ".join(f"{count:,} {name}" for name, count in told.items() if name != "calls"))
        for each in products[:3]:
            say(f"  {each['title'][:60]}: {each['variants'][0].get('price')}, {each['status'].lower()}")
    return told
