"""What a merchant can say about files of observations."""

from __future__ import annotations

import datetime as dt

from pydantic import AwareDatetime, Field, field_validator

from mercat.sdk.connector import FeedSettings
from mercat.sdk.marketplaces import marketplace


class ObservationSettings(FeedSettings, frozen=True):
    """For what the rows do not say themselves."""

    marketplace: str | None = Field(default=None, description="Where the listings are, such as US or DE.")
    asin: str | None = Field(default=None, description="The listing that all of it is about.")
    category: str | None = Field(default=None, description="The category whose list of best sellers it is.")
    observed_at: AwareDatetime | None = Field(default=None, description="When all of it was seen, with its zone.")

    @field_validator("marketplace")
    @classmethod
    def _is_known(cls, given: str | None) -> str | None:
        return None if given is None else marketplace(given).code

    @property
    def instant(self) -> dt.datetime | None:
        """When, in UTC."""
        return None if self.observed_at is None else self.observed_at.astimezone(dt.UTC)
