"""What the shop of the browser tests watches: listings with a past, alerts in every state, and suggestions."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any
from uuid import UUID

from mercat.core.actor import Actor
from mercat.core.lists import ListQuery, list_rows
from mercat.core.unit import Runtime, WriteUnit
from mercat.domain.alerts import service as alerts
from mercat.domain.alerts.models import Alert
from mercat.domain.catalog import service as catalog
from mercat.domain.market import service as market
from mercat.domain.market.models import MarketSourceAccount
from mercat.domain.operations import service as operations
from mercat.domain.suggestions import service as suggestions
from mercat.sdk.market import Observation, Ranked

ME = Actor("user", "root", via="terminal")
OURS, RIVAL, SILENT = "B0C7Q2M4XK", "B0F7XPYCSJ", "B000000003"
DAYS = 100
US, THEM, AMAZON = ("A1US", "Harbour & Pine"), ("A2THEM", "PaperTrail Direct"), ("A3AMZ", "Amazon")
WORDS = "with a name that goes on and on, Donaudampfschifffahrtsgesellschaftskapitänsmützenhalter"


def begin(runtime: Runtime, sku: str = "P-001") -> dict[str, str]:
    """Ours, one that competes with it and one that nobody answers for; alerts of what was seen, and what is suggested."""
    with runtime.write(ME) as unit:
        operations.set_configuration(unit, runtime.secrets, "market.own_sellers", f'["{US[0]}"]')
        alerts.ensure_rules(unit)
        unit.add(MarketSourceAccount(name="keepa", provider="keepa", credentials=""))
        variant, product = _variant(unit, sku)
        ids = _tracked(unit, sku)
    runtime.attempt(lambda opened: market.record(opened, seen(opened.now), provider="test"), ME)
    with runtime.write(ME) as unit:
        market.find(unit, SILENT).last_error = f"the source does not answer: {WORDS}"
        alert, rank = _alerts(unit, ids[OURS])
        made = [suggestions.propose(unit, draft) for draft in _drafts(ids[OURS], variant, product, sku, str(alert))]
        suggestions.reject(unit, made[-1].id, notes=f"not before the holidays {WORDS}")  # type: ignore[union-attr]
        alerts.acknowledge(unit, [rank])
    return {"list": _ranked(runtime), "listing": str(ids[OURS]), "alert": str(alert), "suggestion": str(made[0].id)}  # type: ignore[union-attr]


def _ranked(runtime: Runtime) -> str:
    """A list of best sellers on two days: ours went up, one came, one left."""

    def places(day: int, asins: list[str]) -> list[Ranked]:
        at = unit_now - dt.timedelta(days=day, hours=1)
        return [
            Ranked(category="340843031", marketplace="DE", observed_at=at, rank=rank, asin=asin, category_name=f"Bürobedarf {WORDS}", price="9.90")
            for rank, asin in enumerate(asins, 1)
        ]  # fmt: skip

    with runtime.read(ME) as unit:
        unit_now = unit.now
    both = [*places(1, ["B000000101", RIVAL, OURS]), *places(0, ["B000000102", OURS, RIVAL])]
    runtime.attempt(lambda opened: market.record_ranks(opened, both, provider="test"), ME)
    with runtime.read(ME) as unit:
        return str(market.bestsellers(unit, "340843031", marketplace="DE").category.id)


def _variant(unit: WriteUnit, sku: str) -> tuple[str, str]:
    [row] = list_rows(unit, catalog.VARIANTS, ListQuery(equal={"sku": [sku]})).data
    return str(row["id"]), str(row["product_id"])


def _tracked(unit: WriteUnit, sku: str) -> dict[str, UUID]:
    drafts = [
        market.TrackDraft(
            OURS, "DE", product=sku, title=f"Loom & Ledger A5 notebook, dotted, 2-pack {WORDS}", brand="Loom"
        ),
        market.TrackDraft(RIVAL, "DE", competitor_of=sku, title="Deskwise A5 notebook", frequency="hourly"),
        market.TrackDraft(SILENT, "DE", title=None, frequency="weekly"),
    ]
    return {each.asin: each.id for each in market.track_many(unit, drafts) if each.asin and each.id}


def seen(now: dt.datetime) -> list[Observation]:
    """A day each: prices that step, ranks that wander, a Buy Box that changes hands, Amazon for nine days."""
    found = []
    for day in range(DAYS, -1, -1):
        at, done = now - dt.timedelta(days=day, minutes=9), DAYS - day
        own = Decimal("20.99") if done < 30 else Decimal("19.99")
        amazon = Decimal("17.99") if 60 <= done < 69 else None
        who = AMAZON if amazon else THEM if done % 17 in {3, 4} or done >= DAYS - 3 else US
        box = amazon or (own - Decimal("1.50") if who is THEM else own)
        rank = 1200 + (done * 37) % 240 + (900 if 45 <= done < 50 else 0)
        found.append(
            _observation(
                OURS, at, price=str(min(box, own)), own_price=str(own), buybox_price=str(box), seller_id=who[0], seller=who[1],
                amazon_price=None if amazon is None else str(amazon), is_amazon_seller=amazon is not None, sales_rank=rank,
                lowest_fba_price=str(box), lowest_fbm_price=str(own + 1), original_price="24.99", rank_category="Bürobedarf",
                offer_count=4 + done % 3, rating="4.6", review_count=2200 + done, in_stock=not 45 <= done < 47, is_fba=True,
            )
        )  # fmt: skip
        if day % 10 == 0:
            found.append(
                _observation(
                    RIVAL, at, price=str(18 + day // 20), sales_rank=3000 + day, offer_count=2, in_stock=day > 0
                )
            )
    return found


def _observation(asin: str, at: dt.datetime, **values: Any) -> Observation:
    return Observation(asin=asin, marketplace="DE", observed_at=at, **values)


def _alerts(unit: WriteUnit, listing: UUID) -> tuple[UUID, UUID]:
    """One that is worse than all others and has everything, and one to be looked after."""
    subject = alerts.Subject("market_product", str(listing), f"Loom & Ledger A5 notebook {WORDS}"[:255])
    lost = alerts.Signal(
        "buy_box_lost", subject, f"The Buy Box went to PaperTrail Direct {WORDS}", f"$18.49 against your $19.99. {WORDS}",
        old_value="ours", new_value="PaperTrail Direct", data={"seller": "A2THEM", "note": WORDS * 3},
    )  # fmt: skip
    rank = alerts.Signal(
        "rank_dropped", subject, "Sales rank 1,284 → 2,184 (70 % worse)", measure=Decimal("70.1"), old_value="1284", new_value="2184",
    )  # fmt: skip
    alerts.judge(unit, [lost, rank])
    with_it = {
        each.alert_type: each.id
        for each in unit.session.query(Alert).filter_by(subject_id=str(listing), status="open").all()
    }
    return with_it["buy_box_lost"], with_it["rank_dropped"]


def _drafts(listing: UUID, variant: str, product: str, sku: str, alert: str) -> list[suggestions.SuggestionDraft]:
    price = suggestions.ActionDraft("set_price", sku, "price", "1.9", "1.85", "A cent below the price in the Buy Box.")
    common: dict[str, Any] = {
        "source": "rule:regain_buy_box/1",
        "evidence": [("alert", alert), ("market_product", str(listing))],
    }
    title = suggestions.ActionDraft(
        "set_field", sku, "name", "Copy paper A4 71 g", f"Copy paper {WORDS}", "It is shorter."
    )
    calm = suggestions.ActionDraft(
        "set_threshold", str(listing), "price_change_threshold", "10", "20", "It fired 14 times."
    )
    return [
        suggestions.SuggestionDraft(
            "regain_buy_box", "variant", variant, f"Copy paper ({sku}) {WORDS}"[:255], f"Lower {sku} to 1.85 to regain the Buy Box",
            f"The Buy Box stands at 1.86, our price at 1.90. {WORDS}", "A cent below is above the floor and leaves the least margin.",
            category="pricing", actions=[price], priority="high", confidence=Decimal("0.88"), cautions=[f"the held change set 00000000 would set cost_price to 1.70 {WORDS}"],
            estimated_impact={"price": "1.85", "currency": "EUR", "margin_pct_before": "42.11", "margin_pct_after": "40.54"}, **common,
        ),
        suggestions.SuggestionDraft(
            "shorten_title", "product", product, sku, f"Shorten the title of {sku}", "", "The channel takes less.", category="content",
            actions=[title], priority="normal", confidence=Decimal("0.74"), **common,
        ),
        suggestions.SuggestionDraft(
            "calm_threshold", "market_product", str(listing), "Loom & Ledger", "Tell of it from 20 % on instead of 10 %", "14 alerts in 30 days.",
            "What comes so often is not acted on.", category="tracking", actions=[calm], priority="low", confidence=Decimal("0.75"),
            estimated_impact={"alerts_fired": 14, "days": 30}, **common,
        ),
    ]  # fmt: skip
