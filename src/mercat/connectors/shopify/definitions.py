"""Definitions of products' metafields: our key's, which products are found by, and those of the merchant's own fields.

A metafield without a definition is stored as well, but the shop's staff do not see it in the product's form, and it can be
neither filtered by nor shown by a theme's editor (shopify.dev, "Metafield definitions", read November 2026).
"""

from __future__ import annotations

from typing import Any

from mercat.connectors.shopify import operations
from mercat.connectors.shopify.client import Client
from mercat.connectors.shopify.metafields import is_foreign
from mercat.connectors.shopify.places import refusal
from mercat.connectors.shopify.to_wire import KEY
from mercat.core.log import get_logger
from mercat.sdk.channels import ListingDraft
from mercat.sdk.errors import Rejected
from mercat.sdk.records import Metafield

log = get_logger(__name__)
_FULL = frozenset({"LIMIT_EXCEEDED", "RESOURCE_TYPE_LIMIT_EXCEEDED", "RESOURCE_TYPE_LIMIT_EXCEEDED_BY_APP"})


class Definitions:
    """What is defined at one shop: asked for once in a piece of work, completed as drafts need it."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._types: dict[str, str] | None = None
        self._has_room = True

    def ensure(self, draft: ListingDraft) -> None:
        """Define our key and the draft's metafields where that is still to be done.

        Raises ``Rejected`` where the key is taken by something else, or the shop has a field of another type.
        """
        if self._types is None:
            self._types = self._defined()
        self._ensure_key(self._types)
        for name, metafield in (draft.product.metafields or {}).items():
            self._ensure_field(self._types, name, metafield)

    def _defined(self) -> dict[str, str]:
        found: dict[str, str] = {}
        after: str | None = None
        while True:
            page = self._client.call(operations.DEFINITIONS, {"after": after}).metafield_definitions
            found |= {f"{each.namespace}.{each.key}": each.type.name for each in page.nodes}
            after = page.page_info.next
            if after is None:
                return found

    def _ensure_key(self, types: dict[str, str]) -> None:
        name = f"{self._client.settings.key_namespace}.{KEY}"
        if name not in types:
            refused = self._define(
                name,
                "id",
                name="Mercat key",
                description="What Mercat finds its products by. Do not change it.",
                capabilities={"uniqueValues": {"enabled": True}},
            )
            if refused:
                raise refusal(refused, f"the metafield {name}")
            types[name] = "id"
        if types[name] != "id":
            raise Rejected(
                f"the shop's metafield {name} is a {types[name]}, not an id: "
                "choose another key_namespace in the store's settings"
            )

    def _ensure_field(self, types: dict[str, str], name: str, metafield: Metafield) -> None:
        namespace, _, key = name.partition(".")
        if name in types:
            if types[name] != metafield.type:
                raise Rejected(
                    f"the shop's metafield {name} is a {types[name]}, not a {metafield.type}: "
                    "change one of the two, or call ours by another name",
                    field=name,
                )
            return
        # What cannot be defined is sent all the same; it is tried once in a piece of work.
        types[name] = metafield.type
        if not self._has_room or is_foreign(namespace):
            return
        refused = self._define(name, metafield.type, name=key.replace("_", " ").replace("-", " ").strip().capitalize())
        if refused:
            self._has_room = not any(each.code in _FULL for each in refused)
            log.info("metafield_not_defined", metafield=name, reason=refused[0].message)

    def _define(self, place: str, kind: str, **more: Any) -> list[Any]:
        """The refusals. Somebody else may have made it in this very moment, which is as well."""
        namespace, _, key = place.partition(".")
        asked = {"namespace": namespace, "key": key, "type": kind, "ownerType": "PRODUCT", **more}
        answer = self._client.call(operations.METAFIELD_DEFINE, {"definition": asked}).metafield_definition_create
        return [] if any(each.code == "TAKEN" for each in answer.user_errors) else answer.user_errors
