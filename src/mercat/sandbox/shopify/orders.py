"""Orders: a few, seeded, to be read."""

from __future__ import annotations

from typing import Any

from mercat.sandbox.shopify.calls import Call
from mercat.sandbox.shopify.connections import Connection, Key, connection
from mercat.sandbox.shopify.products import number, sort_key
from mercat.sandbox.shopify.records import Order
from mercat.sandbox.shopify.registry import field
from mercat.sandbox.shopify.searching import Filters, search
from mercat.sandbox.shopify.state import Shop

FILTERS = Filters(
    fields={
        "id": lambda order: [number(order)],
        "name": lambda order: [order.name],
        "email": lambda order: [order.email],
        "created_at": lambda order: [order.created_at],
        "updated_at": lambda order: [order.updated_at],
        "financial_status": lambda order: [order.facts["displayFinancialStatus"]],
        "fulfillment_status": lambda order: [order.facts["displayFulfillmentStatus"]],
        "status": lambda _: ["open"],
    },
    text=lambda order: [order.name, order.email or ""],
)
KEYS: dict[str, Key] = {
    "ID": number,
    "PROCESSED_AT": lambda order: (order.created_at, number(order)),
    "CREATED_AT": lambda order: (order.created_at, number(order)),
    "UPDATED_AT": lambda order: (order.updated_at, number(order)),
    "ORDER_NUMBER": number,
}
_PRICES = ("19.90", "34.50", "120.00")
_PLAIN = (
    "currencyCode displayFinancialStatus displayFulfillmentStatus test closed confirmed fullyPaid unpaid "
    "subtotalLineItemsQuantity processedAt cancelledAt cancelReason closedAt note tags taxesIncluded "
    "presentmentCurrencyCode requiresShipping phone sourceName"
).split()
_MONEY = "totalPriceSet currentTotalPriceSet subtotalPriceSet currentSubtotalPriceSet originalTotalPriceSet".split()


def _bag(amount: str, currency: str) -> dict[str, Any]:
    money = {"amount": amount, "currencyCode": currency}
    return {"shopMoney": money, "presentmentMoney": money}


def seed_orders(shop: Shop) -> None:
    """The same orders in every shop."""
    currency = shop.options.currency
    for place in range(shop.options.orders):
        total = _PRICES[place % len(_PRICES)]
        line = {
            "id": shop.gid("LineItem"),
            "title": f"Sample {place + 1}",
            "name": f"Sample {place + 1}",
            "sku": f"SAMPLE-{place + 1}",
            "quantity": 1,
            "currentQuantity": 1,
            "unfulfilledQuantity": 1,
            "variantTitle": None,
            "vendor": shop.options.name,
            "requiresShipping": True,
            "taxable": True,
            "product": None,
            "variant": None,
            "originalUnitPriceSet": _bag(total, currency),
            "discountedUnitPriceSet": _bag(total, currency),
            "originalTotalSet": _bag(total, currency),
        }
        facts = dict.fromkeys(_PLAIN) | {
            "currencyCode": currency,
            "presentmentCurrencyCode": currency,
            "displayFinancialStatus": "PAID",
            "displayFulfillmentStatus": "UNFULFILLED",
            "subtotalLineItemsQuantity": 1,
            "processedAt": shop.created_at,
            "tags": [],
            "fullyPaid": True,
            "confirmed": True,
            "requiresShipping": True,
            "test": True,
            "closed": False,
            "unpaid": False,
            "taxesIncluded": True,
            **{name: _bag(total, currency) for name in _MONEY},
        }
        email = f"buyer{place + 1}@example.com"
        shop.make(Order, name=f"#{1001 + place}", number=1001 + place, email=email, facts=facts, lines=[line])


@field("QueryRoot.order")
def order(_: Any, call: Call, args: dict[str, Any]) -> Order | None:
    return call.shop.find(args["id"], Order)


@field("QueryRoot.orders")
def orders(_: Any, call: Call, args: dict[str, Any]) -> Connection:
    found = search(call.shop.all(Order), args.get("query"), FILTERS, call=call, path="orders")
    return connection(found, call, args, key=sort_key(KEYS, args.get("sortKey") or "PROCESSED_AT"), root=True)


@field("Order.lineItems")
def line_items(order: Order, call: Call, args: dict[str, Any]) -> Connection:
    return connection(order.lines, call, args)


def _fact(name: str) -> None:
    @field(f"Order.{name}")
    def read(order: Order, _: Call, __: dict[str, Any]) -> Any:
        return order.facts[name]


for _name in (*_PLAIN, *_MONEY):
    _fact(_name)
