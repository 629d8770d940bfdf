"""What a merchant fills in for Keepa, and what opens it."""

from __future__ import annotations

from pydantic import Field, SecretStr

from mercat.sdk.connector import FeedSettings, SourceSettings, StoreSecrets


class KeepaSettings(SourceSettings, frozen=True):
    """What is asked for; each product costs a token, and what is asked for besides costs more."""

    buybox: bool = Field(
        default=False, description="Also the featured offer and who has it: two more tokens a product."
    )
    rating: bool = Field(default=True, description="Also rating and number of reviews: up to one more token a product.")


class KeepaSecrets(StoreSecrets, frozen=True):
    """The access key of Keepa's API."""

    key: SecretStr = Field(description="Access key of Keepa's API (keepa.com, API).")


class KeepaFileSettings(FeedSettings, frozen=True):
    """Saved answers of Keepa's product API say all by themselves."""
