"""The shop itself: everything it holds, by id and by whatever else it is looked up by."""

from __future__ import annotations

import random
import re
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from mercat.sandbox.shopify.access import Token
from mercat.sandbox.shopify.clocks import Stopwatch, stamp
from mercat.sandbox.shopify.options import Options
from mercat.sandbox.shopify.records import (
    Bulk,
    Collection,
    Definition,
    File,
    GenericFile,
    HasMetafields,
    Location,
    Metafield,
    Node,
    Product,
    Publication,
    Variant,
)
from mercat.sandbox.shopify.refusals import bad_request
from mercat.sandbox.shopify.storage import Upload

N = TypeVar("N", bound=Node)
_GID = re.compile(r"gid://shopify/([A-Za-z]+)/([\w-]+)(?:\?[\w=&-]+)?")
_UNSLUG = re.compile(r"[\W_]+")
FIRST_ID = 8_000_000_000


def slug(text: str) -> str:
    """A handle made of a title."""
    return _UNSLUG.sub("-", text.lower()).strip("-")[:255] or "product"


@dataclass(frozen=True, slots=True)
class Attempt:
    """The first use of an idempotency key. ``answer`` holds the shop's own objects, so a replay shows what they are by then."""

    fingerprint: str
    answer: Any
    dies_s: float


class Shop:
    """One loopback shop. It is used by one thread only."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.clock = Stopwatch()
        self.random = random.Random(options.seed)  # noqa: S311  # faults are to be repeatable, not secret
        self.created_at = stamp()
        self.by_type: defaultdict[str, dict[str, Node]] = defaultdict(dict)
        self.products_by_handle: dict[str, Product] = {}
        self.collections_by_handle: dict[str, Collection] = {}
        self.variants_by_sku: defaultdict[str, dict[str, Variant]] = defaultdict(dict)
        self.unique: dict[tuple[str, str, str, str], HasMetafields] = {}
        self.definitions: dict[tuple[str, str, str], Definition] = {}
        self.calls: Counter[str] = Counter()
        self.files_by_name: dict[str, File] = {}
        self.files_by_url: dict[str, File] = {}
        self.uploads: dict[str, Upload] = {}
        self.attempts: dict[tuple[str, str, str], Attempt] = {}
        self.origin = ""
        self.announce: Callable[[str, Node | None, dict[str, Any]], None] = lambda *_: None
        self.begin: Callable[[Bulk, Token], None] = lambda *_: None
        self._last_id = FIRST_ID

    def next_id(self) -> int:
        """A number that no object has had."""
        self._last_id += 1
        return self._last_id

    def gid(self, typename: str) -> str:
        """An id for something new."""
        return f"gid://shopify/{typename}/{self.next_id()}"

    def make(self, kind: type[N], /, **facts: Any) -> N:
        """Bring something into the shop."""
        at = stamp()
        node = kind(id=facts.pop("id", None) or self.gid(str(kind.typename)), created_at=at, updated_at=at, **facts)
        self.by_type[node.typename][node.id] = node
        return node

    def drop(self, node: Node) -> None:
        """Take something out of the shop."""
        self.by_type[node.typename].pop(node.id, None)

    def all(self, kind: type[N]) -> list[N]:
        """Everything of one kind, oldest first."""
        return list(self.by_type[str(kind.typename)].values())  # type: ignore[arg-type]  # by_type is keyed by kind

    def find(self, gid: str, kind: type[N]) -> N | None:
        """The object with an id of that kind, if there is one; an id that cannot be one is refused."""
        typename = self.check(gid)
        if typename != kind.typename:
            raise bad_request(f"Invalid id: {gid}", "RESOURCE_NOT_FOUND")
        return self.by_type[typename].get(gid)  # type: ignore[return-value]  # by_type is keyed by kind

    def node(self, gid: str) -> Node | None:
        """The object with an id, whatever it is."""
        return self.by_type[self.check(gid)].get(gid.partition("?")[0])

    @staticmethod
    def check(gid: str) -> str:
        """The type that a global id names; text that is no global id is refused."""
        match = _GID.fullmatch(gid)
        if not match:
            raise bad_request(
                f"Invalid global id '{gid}'",
                "INVALID_VARIABLE",
                problems=[{"explanation": f"Invalid global id '{gid}'"}],
            )
        return match[1]

    @property
    def products(self) -> list[Product]:
        """Oldest first."""
        return self.all(Product)

    @property
    def locations(self) -> list[Location]:
        """In the order in which they were opened."""
        return self.all(Location)

    @property
    def publications(self) -> list[Publication]:
        """The online store first."""
        return self.all(Publication)

    @property
    def files(self) -> list[File]:
        """Images, then other files."""
        return [*self.all(File), *self.all(GenericFile)]

    def free_handle(self, title: str, taken: dict[str, Any]) -> str:
        """A handle for a title that nobody has."""
        wanted = slug(title)
        if wanted not in taken:
            return wanted
        number = 1
        while f"{wanted}-{number}" in taken:
            number += 1
        return f"{wanted}-{number}"

    def rename_sku(self, variant: Variant, sku: str | None) -> None:
        """Change a variant's code, and where it is found."""
        if variant.sku:
            self.variants_by_sku[variant.sku].pop(variant.id, None)
            if not self.variants_by_sku[variant.sku]:
                del self.variants_by_sku[variant.sku]
        variant.sku = sku or None
        if variant.sku:
            self.variants_by_sku[variant.sku][variant.id] = variant

    def put_metafield(self, owner: HasMetafields, namespace: str, key: str, type_: str, value: str) -> Metafield:
        """Write one metafield; what it means has been checked."""
        old = owner.own.get((namespace, key))
        self._forget_unique(owner, namespace, key)
        if old is not None and old.type == type_:
            if old.value != value:
                old.value, old.updated_at = value, stamp()
            made = old
        else:
            if old is not None:
                self.drop(old)
            facts = {"namespace": namespace, "key": key, "type": type_, "value": value}
            made = self.make(Metafield, owner=owner, owner_type=owner.owner_type, **facts)
            owner.own[namespace, key] = made
        definition = self.definitions.get((owner.owner_type, namespace, key))
        if definition is not None and definition.unique:
            self.unique[owner.owner_type, namespace, key, value] = owner
        return made

    def drop_metafield(self, owner: HasMetafields, namespace: str, key: str) -> None:
        """Delete one metafield."""
        self._forget_unique(owner, namespace, key)
        if old := owner.own.pop((namespace, key), None):
            self.drop(old)

    def _forget_unique(self, owner: HasMetafields, namespace: str, key: str) -> None:
        old = owner.own.get((namespace, key))
        if old is not None:
            place = (owner.owner_type, namespace, key, old.value)
            if self.unique.get(place) is owner:
                del self.unique[place]
