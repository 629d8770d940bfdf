"""``mercat demo`` and the market: some products are watched, with a past of ninety days and a day on which things happen."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from mercat.cli.display import say, short
from mercat.cli.market_options import print_recorded
from mercat.cli.options import files_at
from mercat.cli.session import me
from mercat.core.lists import ListQuery, list_rows
from mercat.core.unit import Runtime
from mercat.domain import register_configurable, register_hearing
from mercat.domain.alerts import service as alerts
from mercat.domain.market import service as market
from mercat.domain.operations import service as operations
from mercat.domain.suggestions import service as suggestions
from mercat.sandbox.market.past import OWN_SELLER, Sample, Story, write_past

Step = Callable[[str, str], None]
_PLACES = {"EUR": "DE", "USD": "US", "GBP": "UK"}
# What happens on the last day to a listing of ours, and to its rival.
_STORIES: tuple[tuple[Story, Story], ...] = (
    ("buy box lost", "calm"),
    ("calm", "sold out"),
    ("calm", "cheaper"),
    ("rank drops", "calm"),
    ("calm", "calm"),
    ("calm", "calm"),
)
_CHEAPEST, _DEAREST = Decimal(8), Decimal(300)
_EVERY = 37


def play_market(runtime: Runtime, step: Step, exported: Path, *, is_quiet: bool) -> dict[str, Any] | None:
    """Watch some products and their rivals; what the story tells of it. Nothing where none can be: no price, another currency."""
    chosen = list(itertools.islice(_saleable(exported), 0, _EVERY * len(_STORIES), _EVERY))
    samples, drafts = _listings(chosen)
    if not samples:
        return None
    register_configurable()
    register_hearing()
    step(
        f"Watch {len(chosen)} products and their rivals at a marketplace",
        "mercat market track ASIN … && mercat market import FILE",
    )
    with runtime.write(me()) as unit:
        operations.set_configuration(unit, runtime.secrets, "market.own_sellers", f'["{OWN_SELLER}"]')
        market.track_many(unit, drafts)
        until = unit.now
    folder = exported.parent
    past, news = folder / "market-past.jsonl", folder / "market-today.jsonl"
    write_past(past, news, samples, until=until)
    recorded = [
        market.import_observations(runtime, me(), market.ObservationImport(files_at(path), is_quiet=path == past))
        for path in (past, news)
    ]
    if not is_quiet:
        for each in recorded:
            print_recorded(each, as_json=False)
    step("What needs somebody, and what could be done about it?", "mercat alerts list && mercat suggestions list")
    return {"observed": sum(each.new for each in recorded), **_advised(runtime, is_quiet=is_quiet)}


def _saleable(exported: Path) -> Iterator[dict[str, Any]]:
    with exported.open("rb") as lines:
        for document in map(msgspec.json.decode, lines):
            first = document["variants"][0]
            is_sold = document["status"] == "active" and first["currency"] in _PLACES and document["name"][0].isalpha()
            if is_sold and first["price"] and _CHEAPEST <= Decimal(first["price"]) <= _DEAREST:
                yield document


def _listings(chosen: list[dict[str, Any]]) -> tuple[list[Sample], list[market.TrackDraft]]:
    """Of each product a listing of ours and one of a rival."""
    samples, drafts = [], []
    for number, (document, stories) in enumerate(zip(chosen, _STORIES, strict=False), 1):
        first = document["variants"][0]
        place, cents = _PLACES[first["currency"]], int(Decimal(first["price"]) * 100)
        brand = document.get("brand") or ""
        ours, theirs = document["name"][:300], f"Kontora {document['name'].removeprefix(brand).strip()}"[:300]
        samples.append(Sample(f"B0DEMO{number:04}", place, ours, cents, is_ours=True, story=stories[0]))
        samples.append(Sample(f"B0RIVL{number:04}", place, theirs, cents * 103 // 100, story=stories[1]))
        own, rival = samples[-2].asin, samples[-1].asin
        drafts.append(market.TrackDraft(own, place, "daily", product=first["sku"], title=ours, brand=brand))
        drafts.append(
            market.TrackDraft(rival, place, "daily", competitor_of=first["sku"], title=theirs, brand="Kontora")
        )
    return samples, drafts


def _advised(runtime: Runtime, *, is_quiet: bool) -> dict[str, int]:
    """What a worker would do by itself: look at margins, and have the advisers look at what is open."""
    with runtime.write(me()) as unit:
        suggestions.check_margins(unit)
        suggestions.advise(unit)
    with runtime.read(me()) as unit:
        raised = list_rows(unit, alerts.ALERTS, ListQuery(equal={"status": ["open"]}, per_page=50)).data
        made = list_rows(unit, suggestions.SUGGESTIONS, ListQuery(equal={"status": ["pending"]}, per_page=50)).data
    if not is_quiet:
        for each in raised:
            say(f"  {each['severity']}: {each['title']}")
        for each in made:
            say(f"  {short(str(each['id']))}  {each['title']}", style="green")
    return {"alerts": len(raised), "suggestions": len(made)}
