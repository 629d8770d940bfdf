"""The shop itself: who it is, where it keeps stock, and through which of its channels products are seen."""

from __future__ import annotations

from mercat.connectors.shopify import operations
from mercat.connectors.shopify.client import Client
from mercat.connectors.shopify.oauth import SCOPES
from mercat.connectors.shopify.wire import UserError
from mercat.sdk.channels import Account, Place
from mercat.sdk.errors import Rejected, Unavailable, VendorError

_TRY_AGAIN = frozenset({"GENERIC_ERROR", "JOB_ERROR", "INTERNAL_FILE_SERVER_ERROR"})
_GONE = frozenset({"PRODUCT_DOES_NOT_EXIST", "NOT_FOUND"})


def refusal(errors: list[UserError], what: str) -> VendorError:
    """What the refusals of one input mean for us. ``field``: ours where it is known, else Shopify's path."""
    said = "; ".join(dict.fromkeys(error.message for error in errors))[:1000]
    codes = {error.code for error in errors if error.code}
    if codes & _TRY_AGAIN:
        return Unavailable(f"Shopify could not take {what} just now: {said}")
    path = ".".join(part for part in errors[0].field or () if part != "input")
    field = "reference" if codes & _GONE else path or None
    return Rejected(f"Shopify refuses {what}: {said}", field=field, code=",".join(sorted(codes)))


def account(client: Client) -> Account:
    """Who the credentials belong to, and what they do not allow."""
    told = client.call(operations.SHOP)
    scopes = frozenset(scope.handle for scope in told.current_app_installation.access_scopes)
    return Account(
        name=told.shop.name,
        domain=told.shop.myshopify_domain,
        currency=told.shop.currency_code,
        timezone=told.shop.iana_timezone,
        plan=told.shop.plan.public_display_name if told.shop.plan else None,
        scopes=tuple(sorted(scopes)),
        missing_scopes=tuple(scope for scope in SCOPES if not _allows(scopes, scope)),
        places=tuple(places(client)) if _allows(scopes, "read_locations") else (),
    )


def scopes(client: Client) -> frozenset[str]:
    """What the shop's owner allowed the app."""
    return frozenset(scope.handle for scope in client.call(operations.SHOP).current_app_installation.access_scopes)


def _allows(held: frozenset[str], scope: str) -> bool:
    # Who may write may read.
    return scope in held or scope.replace("read_", "write_", 1) in held


def places(client: Client) -> list[Place]:
    """The active locations."""
    found: list[Place] = []
    after: str | None = None
    while True:
        page = client.call(operations.LOCATIONS, {"after": after}).locations
        found += [Place(reference=each.id, name=each.name, is_active=each.is_active) for each in page.nodes]
        after = page.page_info.next
        if after is None:
            return found


def publications(client: Client) -> list[str]:
    """Where the shop sells: its sales channels, by their publications; none where they are the shop's own business."""
    if client.settings.publish_to == "none":
        return []
    found: list[str] = []
    after: str | None = None
    while True:
        page = client.call(operations.PUBLICATIONS, {"after": after}).publications
        found += [each.id for each in page.nodes]
        after = page.page_info.next
        if after is None:
            return found


def publish(client: Client, reference: str, publications: list[str]) -> None:
    """Have a product or a collection seen in these channels; in those that show it already nothing changes."""
    for start in range(0, len(publications), 250):
        asked = [{"publicationId": each} for each in publications[start : start + 250]]
        errors = client.call(
            operations.PUBLISH, {"id": reference, "input": asked}, size=len(asked)
        ).publishable_publish.user_errors
        if errors:
            raise refusal(errors, f"the publication of {reference}")
