"""Plays ObservationFiles for saved answers of Keepa's product API."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from mercat.connectors.keepa.settings import KeepaFileSettings
from mercat.connectors.keepa.wire import Product, is_known, past_of
from mercat.sdk.errors import Unreadable
from mercat.sdk.feeds import Member, ReadOptions, open_members
from mercat.sdk.market import Observation
from mercat.sdk.records import BadRow
from mercat.sdk.roles import FeedFile

_MOST_BYTES = 256 * 1024 * 1024


class _Lines(msgspec.Struct):
    products: list[msgspec.Raw]


class KeepaFiles:
    """Reads answers as JSON, packed or not: a whole answer, or a list of products. A listing's series are one batch."""

    def __init__(self, settings: KeepaFileSettings) -> None:
        self.settings = settings

    def batches(self, files: Sequence[FeedFile]) -> Iterator[list[Observation | BadRow]]:
        """Every point of every series. Raises ``Unreadable`` for what is no answer of Keepa's."""
        for file in files:
            for member in open_members(file, ReadOptions()):
                for number, raw in enumerate(_products(member), 1):
                    yield list(_observations(number, raw))


def _products(member: Member) -> list[msgspec.Raw]:
    with member.open() as stream:
        content = stream.read(_MOST_BYTES + 1)
    if len(content) > _MOST_BYTES:
        message = f"{member.name} holds more than {_MOST_BYTES:,} bytes: save fewer products in a file"
        raise Unreadable(message)
    try:
        if content.lstrip()[:1] == b"[":
            return msgspec.json.decode(content, type=list[msgspec.Raw])
        return msgspec.json.decode(content, type=_Lines).products
    except (msgspec.DecodeError, UnicodeDecodeError) as wrong:
        message = f"{member.name} is no answer of Keepa's product API: {wrong}"
        raise Unreadable(message) from wrong


def _observations(number: int, raw: msgspec.Raw) -> Iterator[Observation | BadRow]:
    try:
        product = msgspec.json.decode(raw, type=Product)
        if not is_known(product):
            yield BadRow(number, product.asin, f"Keepa knows nothing of {product.asin}")
            return
        yield from past_of(product)
    except (msgspec.MsgspecError, ValueError) as wrong:
        yield BadRow(number, bytes(raw)[:200].decode("utf-8", "replace"), f"product {number} cannot be read: {wrong}")
