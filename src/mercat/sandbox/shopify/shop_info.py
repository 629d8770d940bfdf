"""The shop about itself, and the app about its installation."""

from __future__ import annotations

from typing import Any

from mercat.sandbox.shopify.access import ALL_SCOPES
from mercat.sandbox.shopify.calls import Call
from mercat.sandbox.shopify.registry import field
from mercat.sandbox.shopify.schema_version import VERSION
from mercat.sandbox.shopify.shaping import MOST_OPTIONS, MOST_VARIANTS
from mercat.sandbox.shopify.state import Shop

_PLANS = {"standard": "Basic", "advanced": "Advanced", "plus": "Shopify Plus"}
SHOP_GID = "gid://shopify/Shop/1"


@field("QueryRoot.shop")
def shop(_: Any, call: Call, __: dict[str, Any]) -> Shop:
    return call.shop


def _facts(shop: Shop) -> dict[str, Any]:
    options = shop.options
    url = f"https://{options.domain}"
    return {
        "id": SHOP_GID,
        "name": options.name,
        "myshopifyDomain": options.domain,
        "currencyCode": options.currency,
        "ianaTimezone": "Etc/UTC",
        "timezoneAbbreviation": "UTC",
        "timezoneOffset": "+0000",
        "timezoneOffsetMinutes": 0,
        "email": "owner@example.com",
        "contactEmail": "owner@example.com",
        "shopOwnerName": "Sandbox Owner",
        "url": url,
        "createdAt": shop.created_at,
        "updatedAt": shop.created_at,
        "weightUnit": "KILOGRAMS",
        "unitSystem": "METRIC_SYSTEM",
        "taxesIncluded": True,
        "taxShipping": False,
        "setupRequired": False,
        "description": None,
        "primaryDomain": {"id": "gid://shopify/Domain/1", "host": options.domain, "url": url, "sslEnabled": True},
        "plan": {
            "publicDisplayName": _PLANS[options.plan],
            "displayName": _PLANS[options.plan],
            "shopifyPlus": options.plan == "plus",
            "partnerDevelopment": True,
        },
        "resourceLimits": {
            "maxProductVariants": MOST_VARIANTS,
            "maxProductOptions": MOST_OPTIONS,
            "locationLimit": 200,
            "redirectLimitReached": False,
        },
    }


def _fact(name: str) -> None:
    @field(f"Shop.{name}")
    def read(shop: Shop, _: Call, __: dict[str, Any]) -> Any:
        return _facts(shop)[name]


for _name in (
    "id name myshopifyDomain currencyCode ianaTimezone timezoneAbbreviation timezoneOffset timezoneOffsetMinutes email "
    "contactEmail shopOwnerName url createdAt updatedAt weightUnit unitSystem taxesIncluded taxShipping setupRequired "
    "description primaryDomain plan resourceLimits"
).split():
    _fact(_name)


@field("QueryRoot.currentAppInstallation")
def installation(_: Any, call: Call, __: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": f"gid://shopify/AppInstallation/{call.token.app_id}",
        "accessScopes": [{"handle": name, "description": name.replace("_", " ")} for name in call.token.scopes],
        "app": {
            "id": f"gid://shopify/App/{call.token.app_id}",
            "title": "Sandbox app",
            "handle": "sandbox-app",
            "apiKey": "",
            "requestedAccessScopes": [{"handle": name, "description": name} for name in ALL_SCOPES],
        },
    }


@field("QueryRoot.publicApiVersions")
def versions(_: Any, __: Call, ___: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"handle": VERSION, "displayName": VERSION, "supported": True}]
