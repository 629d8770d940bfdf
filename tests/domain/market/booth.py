"""A source of the market that stands in this very process: what it knows, and how it is doing, is up to the test."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import Field, SecretStr

from mercat.core.border import refuse_open_unit
from mercat.sdk.channels import Call, Surroundings
from mercat.sdk.connector import Connector, Market, SourceSettings, StoreSecrets
from mercat.sdk.errors import Rejected, VendorError
from mercat.sdk.market import Look, NotListed, Observation, Wanted
from mercat.sdk.marketplaces import MARKETPLACES

KEY = "booth-key-1"


@dataclass
class World:
    """``values`` are what each listing shows; ``failure`` is what every call meets; ``refused`` cannot be told of."""

    now: Callable[[], dt.datetime]
    values: Callable[[str], dict[str, Any]] = lambda _: {"price": "10"}
    failure: VendorError | None = None
    allowance: int | None = None
    gone: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)
    fails_after: int | None = None
    asked: list[str] = field(default_factory=list)


WORLDS: dict[str, World] = {}


class BoothSettings(SourceSettings, frozen=True):
    world: str = ""


class BoothSecrets(StoreSecrets, frozen=True):
    key: SecretStr = Field(description="the key")


class Booth:
    def __init__(self, settings: BoothSettings, secrets: BoothSecrets, around: Surroundings) -> None:
        assert secrets.key.get_secret_value() == KEY
        self.world = WORLDS[settings.world]
        self.around = around

    def _call(self, endpoint: str) -> None:
        refuse_open_unit()
        self.around.called(Call("booth", endpoint, 0 if self.world.failure else 200, 1.0, cost=1.0))
        if self.world.failure is not None:
            raise self.world.failure

    def allowance(self) -> int | None:
        self._call("allowance")
        return self.world.allowance

    def observe(self, wanted: Sequence[Wanted]) -> Iterator[Look]:
        self._call("observe")
        for number, each in enumerate(wanted):
            if self.world.fails_after is not None and number >= self.world.fails_after:
                raise self.world.failure or AssertionError
            self.world.asked.append(each.asin)
            yield self._look(each)

    def _look(self, each: Wanted) -> Look:
        if each.asin in self.world.gone:
            return Look(each.asin, each.marketplace, error=NotListed(f"there is no {each.asin}"))
        if each.asin in self.world.refused:
            return Look(each.asin, each.marketplace, error=Rejected(f"{each.asin} cannot be told of"))
        values = self.world.values(each.asin)
        seen = Observation(asin=each.asin, marketplace=each.marketplace, observed_at=self.world.now(), **values)
        return Look(each.asin, each.marketplace, seen)


connector = Connector(
    title="Booth",
    market=Market(BoothSettings, BoothSecrets, at_once=100, marketplaces=frozenset(MARKETPLACES) - {"EG"}, make=Booth),
)
