"""Amazon's marketplaces: one registry of ids, addresses, currencies and ways of writing, and the ASIN in what people paste.

Ids and regions as in "Marketplace IDs" of the Selling Partner API's documentation (November 2026); ``keepa`` is the
domain id of Keepa's API, which covers eleven of them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import parse_qs, urlsplit

Region = Literal["na", "eu", "fe"]
_ASIN = re.compile(r"[A-Z0-9]{10}")
_IN_PATH = re.compile(
    r"/(?:dp|gp/product|gp/aw/d|product|product-reviews|exec/obidos/asin|o/asin)/([A-Za-z0-9]{10})(?![A-Za-z0-9])"
)
_HOST = re.compile(r"(?:^|\.)amazon\.(?P<suffix>[a-z]{2,3}(?:\.[a-z]{2})?)$")
_LIST = re.compile(r"/(?:zgbs|bestsellers|new-releases)/([A-Za-z0-9/_=&.-]*)")
_CATEGORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9 &,'_.-]{0,99}")
_WITH_COMMA = frozenset("DE FR ES IT NL BE PL SE TR BR".split())
# Currencies without a smaller unit: a price of 1980 there is 1,980, not 19.80 (ISO 4217).
_WHOLE = frozenset({"JPY"})


@dataclass(frozen=True)
class Marketplace:
    """A country's Amazon. ``code`` is how Mercat names it; ``id`` is the Selling Partner API's."""

    code: str
    id: str
    domain: str
    currency: str
    language: str
    region: Region
    name: str
    keepa: int | None = None

    @property
    def decimal_comma(self) -> bool:
        """Whether prices are written 1.299,00 there."""
        return self.code in _WITH_COMMA

    @property
    def minor_digits(self) -> int:
        """How many digits of a price in smallest units stand behind the point."""
        return minor_digits(self.currency)

    def url(self, asin: str) -> str:
        """The page of a product."""
        return f"https://www.{self.domain}/dp/{asin}"


MARKETPLACES: Mapping[str, Marketplace] = {
    each.code: each
    for each in (
        Marketplace("US", "ATVPDKIKX0DER", "amazon.com", "USD", "en", "na", "United States", 1),
        Marketplace("CA", "A2EUQ1WTGCTBG2", "amazon.ca", "CAD", "en", "na", "Canada", 6),
        Marketplace("MX", "A1AM78C64UM0Y8", "amazon.com.mx", "MXN", "es", "na", "Mexico", 11),
        Marketplace("BR", "A2Q3Y263D00KWC", "amazon.com.br", "BRL", "pt", "na", "Brazil", 12),
        Marketplace("UK", "A1F83G8C2ARO7P", "amazon.co.uk", "GBP", "en", "eu", "United Kingdom", 2),
        Marketplace("IE", "A28R8C7NBKEWEA", "amazon.ie", "EUR", "en", "eu", "Ireland"),
        Marketplace("DE", "A1PA6795UKMFR9", "amazon.de", "EUR", "de", "eu", "Germany", 3),
        Marketplace("FR", "A13V1IB3VIYZZH", "amazon.fr", "EUR", "fr", "eu", "France", 4),
        Marketplace("IT", "APJ6JRA9NG5V4", "amazon.it", "EUR", "it", "eu", "Italy", 8),
        Marketplace("ES", "A1RKKUPIHCS9HS", "amazon.es", "EUR", "es", "eu", "Spain", 9),
        Marketplace("NL", "A1805IZSGTT6HS", "amazon.nl", "EUR", "nl", "eu", "Netherlands"),
        Marketplace("BE", "AMEN7PMS3EDWL", "amazon.com.be", "EUR", "fr", "eu", "Belgium"),
        Marketplace("SE", "A2NODRKZP88ZB9", "amazon.se", "SEK", "sv", "eu", "Sweden"),
        Marketplace("PL", "A1C3SOZRARQ6R3", "amazon.pl", "PLN", "pl", "eu", "Poland"),
        Marketplace("TR", "A33AVAJ2PDY3EV", "amazon.com.tr", "TRY", "tr", "eu", "Türkiye"),
        Marketplace("AE", "A2VIGQ35RCS4UG", "amazon.ae", "AED", "en", "eu", "United Arab Emirates"),
        Marketplace("SA", "A17E79C6D8DWNP", "amazon.sa", "SAR", "en", "eu", "Saudi Arabia"),
        Marketplace("EG", "ARBP9OOSHTCHU", "amazon.eg", "EGP", "en", "eu", "Egypt"),
        Marketplace("ZA", "AE08WJ6YKNBMC", "amazon.co.za", "ZAR", "en", "eu", "South Africa"),
        Marketplace("IN", "A21TJRUUN4KGV", "amazon.in", "INR", "en", "eu", "India", 10),
        Marketplace("JP", "A1VC38T7YXB528", "amazon.co.jp", "JPY", "ja", "fe", "Japan", 5),
        Marketplace("AU", "A39IBJ37TRP1C6", "amazon.com.au", "AUD", "en", "fe", "Australia"),
        Marketplace("SG", "A19VAU5U5O7RUS", "amazon.sg", "SGD", "en", "fe", "Singapore"),
    )
}
_BY_DOMAIN = {each.domain: each for each in MARKETPLACES.values()}
_BY_ID = {each.id: each for each in MARKETPLACES.values()}
_BY_KEEPA = {each.keepa: each for each in MARKETPLACES.values() if each.keepa is not None}


def minor_digits(currency: str) -> int:
    """How many digits behind the point an amount in a currency's smallest units has."""
    return 0 if currency in _WHOLE else 2


def marketplace(word: str) -> Marketplace:
    """By code (``DE``; ``GB`` is ``UK``), domain (``amazon.de``, ``de``) or id. Raises ``ValueError`` naming them all."""
    text = word.strip()
    code = {"GB": "UK"}.get(text.upper(), text.upper())
    domain = text.lower().removeprefix("www.")
    found = MARKETPLACES.get(code) or _BY_DOMAIN.get(domain) or _BY_DOMAIN.get(f"amazon.{domain}") or _BY_ID.get(text)
    if found is None:
        raise ValueError(f"{word!r} is no marketplace: there are {', '.join(MARKETPLACES)}")
    return found


def marketplace_of_keepa(domain_id: int) -> Marketplace:
    """By Keepa's domain id. Raises ``ValueError``."""
    found = _BY_KEEPA.get(domain_id)
    if found is None:
        raise ValueError(f"{domain_id} is no domain id of Keepa's that is known: {sorted(_BY_KEEPA)}")
    return found


def asin(text: str) -> str:
    """Ten letters and digits, as capitals. Raises ``ValueError`` for what can be none.

    Books have their ISBN-10 as ASIN; all else begins with B, but Amazon nowhere promises so.
    """
    wanted = text.strip().upper()
    if not _ASIN.fullmatch(wanted) or not any(map(str.isdigit, wanted)):
        raise ValueError(f"{text!r} is no ASIN: ten letters and digits, such as B0F7XPYCSJ")
    return wanted


def listing_at(text: str, *, default: Marketplace | None = None) -> tuple[str, Marketplace]:
    """(ASIN, marketplace) of a product page's address, or of an ASIN alone together with ``default``.

    ``/dp/``, ``/gp/product/``, ``/gp/aw/d/``, ``/product/``, ``/product-reviews/`` and ``?asin=`` are read. An address
    says its marketplace itself. Raises ``ValueError`` with what is missing.
    """
    text = text.strip()
    if "/" not in text and "." not in text:
        if default is None:
            raise ValueError(f"{text!r} does not say where it is sold: give a marketplace such as US or DE")
        return asin(text), default
    try:
        parts = urlsplit(text if "//" in text else f"https://{text}")
        host = (parts.hostname or "").lower()
    except ValueError as wrong:
        raise ValueError(f"{text!r} is no address: {wrong}") from None
    known = _HOST.search(host)
    place = _BY_DOMAIN.get(f"amazon.{known['suffix']}") if known else None
    if place is None:
        raise ValueError(f"{text!r} is no address at a marketplace that is known: {', '.join(_BY_DOMAIN)}")
    found = _IN_PATH.search(parts.path + "/")
    named = found[1] if found else next(iter(parse_qs(parts.query).get("asin", [])), None)
    if named is None:
        raise ValueError(f"{text!r} names no product: its address holds /dp/ and an ASIN")
    return asin(named), place


def category_at(text: str, *, default: Marketplace | None = None) -> tuple[str, Marketplace]:
    """(id, marketplace) of the address of a list of best sellers or a node, or of an id alone together with ``default``.

    ``/zgbs/electronics/172282``, ``/gp/bestsellers/electronics`` and ``?node=172282`` are read: the number, or where there
    is none the list's own word. Raises ``ValueError`` with what is missing.
    """
    text = text.strip()
    if "//" not in text and "amazon." not in text.lower():
        if default is None:
            raise ValueError(f"{text!r} does not say where it is: give a marketplace such as US or DE")
        if not _CATEGORY.fullmatch(text):
            raise ValueError(f"{text!r} is no category: its number, or its word, of at most 100 characters")
        return text, default
    try:
        parts = urlsplit(text if "//" in text else f"https://{text}")
        known = _HOST.search((parts.hostname or "").lower())
    except ValueError as wrong:
        raise ValueError(f"{text!r} is no address: {wrong}") from None
    place = _BY_DOMAIN.get(f"amazon.{known['suffix']}") if known else None
    if place is None:
        raise ValueError(f"{text!r} is no address at a marketplace that is known: {', '.join(_BY_DOMAIN)}")
    listed = _LIST.search(parts.path)
    words = [each for each in listed[1].split("/") if each and not each.startswith("ref=")] if listed else []
    numbers = [each for each in (*words, *parse_qs(parts.query).get("node", [])) if each.isdigit()]
    found = next(iter([*numbers[-1:], *words]), "")
    if not _CATEGORY.fullmatch(found):
        raise ValueError(f"{text!r} names no category: its address holds /zgbs/, /bestsellers/ or ?node=")
    return found, place
