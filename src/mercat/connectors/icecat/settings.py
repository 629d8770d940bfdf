"""What a merchant can say about Icecat files."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from mercat.sdk.connector import FeedSettings


class IcecatSettings(FeedSettings, frozen=True):
    """``currency`` is needed for the search-index shape, which states prices without one."""

    language: int | None = Field(
        default=None, description="Icecat language id (1 = en, 4 = de, ...) preferred where one file holds several."
    )
    price_in_cents: bool = Field(default=True, description="Search-index shape: prices are whole cents.")
    name_is_part_number: Literal["code", "always", "never"] = Field(
        default="code",
        description="Search-index shape: `code` takes `name` for the part number only where it looks like one.",
    )
