"""A past for listings, made from a seed: what somebody who looked four times a day would have written down.

Prices go in steps, ranks drift with the days of the week, reviews come in; and on the last day something may happen.
"""

from __future__ import annotations

import datetime as dt
import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

_EVERY = dt.timedelta(hours=6)
_LAST_DAY = dt.timedelta(days=1)
Story = Literal["calm", "buy box lost", "sold out", "cheaper", "rank drops"]
OWN_SELLER = "A1DEMOSELLER00"
_OTHERS = ("A2KONTORA00000", "A3BELLWEATHER0", "A4ORDINARY0000")


@dataclass(frozen=True)
class Sample:
    """A listing: what it costs by now, in hundredths of the marketplace's currency, and what happens to it on the last day."""

    asin: str
    marketplace: str
    title: str
    cents: int
    is_ours: bool = False
    story: Story = "calm"


def write_past(past: Path, news: Path, samples: Sequence[Sample], *, until: dt.datetime, days: int = 90) -> None:
    """Write observations as JSON Lines: those of the last day, which are news, and all before it."""
    with past.open("w", encoding="utf-8") as before, news.open("w", encoding="utf-8") as lately:
        for sample in samples:
            chance = random.Random(sample.asin)  # noqa: S311  # a market, not a secret
            for at, seen in _seen(sample, until, days, chance):
                out = lately if at > until - _LAST_DAY else before
                out.write(json.dumps({**seen, "observed_at": at.isoformat()}, ensure_ascii=False) + "\n")


def _seen(
    sample: Sample, until: dt.datetime, days: int, chance: random.Random
) -> Iterator[tuple[dt.datetime, dict[str, Any]]]:
    looks = days * 4
    rank, reviews = float(chance.randrange(800, 40_000)), chance.randrange(40, 900)
    rating = chance.choice(("4.1", "4.3", "4.4", "4.6"))
    prices = _steps(sample, looks, chance)
    weekly = chance.uniform(0.05, 0.2)
    for number in range(looks):
        at = until - (looks - 1 - number) * _EVERY
        rank = min(200_000.0, max(200.0, rank * chance.uniform(0.955, 1.047)))
        reviews += chance.random() < 0.18
        price = prices[number]
        # Another seller has the buy box now and then, never twice in a row.
        is_away = number % 29 == 17
        yield (
            at,
            {
                "asin": sample.asin,
                "marketplace": sample.marketplace,
                "title": sample.title,
                **_offers(sample, price, chance, is_away=is_away),
                "sales_rank": round(rank * (1 + weekly * (at.weekday() >= 5))),
                "rank_category": "Office Products",
                "rating": rating,
                "review_count": reviews,
                **(_news(sample, number - (looks - 4), price, rank) if number >= looks - 4 else {}),
            },
        )


def _steps(sample: Sample, looks: int, chance: random.Random) -> list[int]:
    """Prices that stay for days and then step; the last of them is the one that it costs by now."""
    prices, price = [0] * looks, sample.cents
    for number in reversed(range(looks)):
        prices[number] = price
        if number < looks - 6 and chance.random() < (0.03 if sample.is_ours else 0.07):
            price = round(sample.cents * chance.uniform(0.93, 1.06))
    return prices


def _offers(sample: Sample, price: int, chance: random.Random, *, is_away: bool) -> dict[str, Any]:
    seller = _OTHERS[0] if is_away else OWN_SELLER if sample.is_ours else _OTHERS[1]
    box = round(price * 0.99) if is_away else price
    return {
        "price": _amount(min(price, box)),
        "buybox_price": _amount(box),
        "lowest_fba_price": _amount(round(price * chance.choice((1.0, 1.02, 1.04)))),
        "offer_count": chance.randrange(3, 9),
        "seller_id": seller,
        "seller": "Demo shop" if seller == OWN_SELLER else "Kontora" if is_away else "Bellweather",
        "in_stock": True,
        "is_fba": True,
        **({"own_price": _amount(price)} if sample.is_ours else {}),
    }


def _news(sample: Sample, number: int, price: int, rank: float) -> dict[str, Any]:
    """What differs in the looks of the last day, the first of which still is an ordinary one."""
    if sample.story == "calm" or number == 0:
        return {}
    if sample.story == "buy box lost":
        lower = _amount(round(price * 0.96))
        return {"buybox_price": lower, "price": lower, "seller_id": _OTHERS[0], "seller": "Kontora"}
    if sample.story == "sold out":
        return {
            "in_stock": False,
            "price": None,
            "buybox_price": None,
            "seller_id": None,
            "seller": None,
            "offer_count": 0,
        }
    if sample.story == "cheaper":
        lower = _amount(round(price * 0.87))
        return {"price": lower, "buybox_price": lower, "lowest_fba_price": lower}
    return {"sales_rank": round(rank * 2.6)}


def _amount(cents: int) -> str:
    return f"{cents / 100:.2f}"
