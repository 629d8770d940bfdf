"""Resources: what an assistant may read by address, without a tool."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from mercat.assistant import catalog_tools, market_tools
from mercat.assistant.toolbox import all_tools
from mercat.core.actor import Actor
from mercat.core.errors import NotFound
from mercat.core.lists import ListQuery, list_rows
from mercat.core.unit import Runtime
from mercat.domain.market import service as market
from mercat.domain.suggestions import service as suggestions

_MOST = 100
Read = Callable[[Runtime, Actor, str], Any]


@dataclass(frozen=True)
class Resource:
    """An address, or a template of addresses with one name in braces."""

    uri: str
    name: str
    description: str
    permission: str
    read: Read

    @property
    def is_template(self) -> bool:
        """Whether a part of the address is to be filled in."""
        return "{" in self.uri

    def match(self, uri: str) -> str | None:
        """What stands at the name in braces, or nothing; ``None`` where the address is another one."""
        pattern = re.escape(self.uri)
        pattern = re.sub(r"\\\{\w+\\\}", "([^/]{1,100})", pattern)
        found = re.fullmatch(pattern, uri)
        if found is None:
            return None
        return found[1] if found.groups() else ""


def _products(runtime: Runtime, actor: Actor, _: str) -> Any:
    with runtime.read(actor) as unit:
        return list_rows(unit, market.LISTINGS, ListQuery(per_page=_MOST)).data


def _product(runtime: Runtime, actor: Actor, word: str) -> Any:
    return market_tools.get_product_details(
        runtime, actor, market_tools.ListingAsked(product_id=word, marketplace=None)
    )


def _summary(runtime: Runtime, actor: Actor, _: str) -> Any:
    return catalog_tools.generate_daily_report(runtime, actor, catalog_tools.Nothing())


def _alerts(runtime: Runtime, actor: Actor, _: str) -> Any:
    asked = catalog_tools.AlertsAsked(severity=None, alert_type=None, limit=_MOST)
    return catalog_tools.list_alerts(runtime, actor, asked)


def _schema(runtime: Runtime, actor: Actor, _: str) -> Any:
    del runtime
    return {
        "metrics": [
            {"name": each.name, "title": each.title, "unit": each.unit, "category": each.category}
            for each in market.METRICS.values()
        ],
        "tools": {each.name: each.schema for each in all_tools() if actor.may(each.permission)},
    }


def _advice(runtime: Runtime, actor: Actor, subject: str) -> Any:
    with runtime.read(actor) as unit:
        query = ListQuery(equal={"subject_id": [subject]}, per_page=_MOST)
        return list_rows(unit, suggestions.SUGGESTIONS, query).data


RESOURCES = (
    Resource("product://list", "Watched listings", "the newest hundred watched listings", "market.read", _products),
    Resource("metrics://summary", "The day in figures", "counted, never estimated", "suggestions.read", _summary),
    Resource("alerts://active", "Alerts", "what needs a person just now", "alerts.read", _alerts),
    Resource(
        "schema://product", "Schema", "what is measured of a listing, and what each tool takes", "market.read", _schema
    ),
    Resource("product://{product_id}", "A watched listing", "by its id or ASIN", "market.read", _product),
    Resource(
        "optimization://suggestions/{product_id}",
        "Suggestions",
        "what was suggested about a product, a variant or a watched listing, by its id",
        "suggestions.read",
        _advice,
    ),
)


def resources_for(actor: Actor) -> list[Resource]:
    """What this actor may read."""
    return [each for each in RESOURCES if actor.may(each.permission)]


def read(runtime: Runtime, actor: Actor, uri: str) -> Any:
    """What stands at an address: plain values. Raises ``NotFound``, ``Forbidden``."""
    for each in RESOURCES:
        word = each.match(uri)
        if word is not None:
            actor.require(each.permission)
            return each.read(runtime, actor, word)
    message = f"there is no resource {uri[:200]}"
    raise NotFound(message)
