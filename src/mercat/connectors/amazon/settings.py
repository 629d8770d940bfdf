"""What a merchant fills in for Amazon's Selling Partner API, and what opens it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, SecretStr

from mercat.sdk.connector import SourceSettings, StoreSecrets


class AmazonSettings(SourceSettings, frozen=True):
    """A selling account belongs to one region; ``address`` and ``token_address`` are for a sandbox."""

    region: Literal["na", "eu", "fe"] = Field(default="na", description="Where the account is: na, eu or fe.")
    competitive_summary: bool = Field(
        default=False, description="Ask for Amazon's reference prices too: a call of twenty listings takes 30 seconds."
    )
    token_address: str | None = Field(default=None, description="Where tokens are given out, if not at Amazon.")


class AmazonSecrets(StoreSecrets, frozen=True):
    """An app of one's own, authorised for one's own account (Seller Central, Apps and Services, Develop Apps)."""

    client_id: SecretStr = Field(description="LWA client identifier of the app.")
    client_secret: SecretStr = Field(description="LWA client secret.")
    refresh_token: SecretStr = Field(description="Refresh token of the authorisation.")
