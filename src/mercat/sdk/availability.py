"""Whether a page says that something can be bought, in the words of its language."""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple


class Availability(NamedTuple):
    """``in_stock`` is ``None`` where the words say neither; ``quantity`` where they say how many are left."""

    in_stock: bool | None
    quantity: int | None = None


# By language, the words of "no" before those of "yes": the one often contains the other.
_NO = {
    "en": ("currently unavailable", "out of stock", "unavailable", "temporarily out"),
    "de": ("nicht auf lager", "nicht verfügbar", "nicht vorrätig", "ausverkauft", "nicht lieferbar"),
    "fr": ("indisponible", "en rupture de stock", "rupture de stock", "non disponible", "épuisé"),
    "es": ("no disponible", "sin stock", "agotado", "no está disponible"),
    "it": ("non disponibile", "esaurito", "al momento non disponibile"),
    "nl": ("niet op voorraad", "niet beschikbaar", "uitverkocht", "niet leverbaar"),
    "pt": ("indisponível", "não disponível", "fora de estoque", "esgotado", "sem estoque"),
    "sv": ("inte i lager", "ej i lager", "slut i lager", "ej tillgänglig", "inte tillgänglig"),
    "pl": ("niedostępny", "niedostępna", "niedostępne", "brak w magazynie", "obecnie niedostępny", "wyprzedane"),
    "tr": ("stokta yok", "mevcut değil", "tükendi", "stokta bulunmuyor"),
    "ja": ("在庫切れ", "取り扱いできません", "在庫なし", "品切れ", "入荷時期は未定", "お取り扱いできません"),
}
_YES = {
    "en": ("in stock", "left in stock", "available", "usually ships", "ships from"),
    "de": ("auf lager", "vorrätig", "verfügbar", "lieferbar", "versandfertig"),
    "fr": ("en stock", "disponible", "expédié sous", "habituellement expédié"),
    "es": ("en stock", "disponible", "disponibles", "se envía"),
    "it": ("disponibilità immediata", "disponibile", "disponibili", "generalmente spedito"),
    "nl": ("op voorraad", "beschikbaar", "leverbaar"),
    "pt": ("em estoque", "disponível", "em stock"),
    "sv": ("i lager", "tillgänglig"),
    "pl": ("dostępny", "dostępna", "dostępne", "w magazynie"),
    "tr": ("stokta var", "stokta", "mevcut"),
    "ja": ("在庫あり", "在庫残り", "残り", "点在庫あり", "通常", "入荷予定"),
}
_LEFT = re.compile(
    r"(?:only|nur noch|plus que|solo queda(?:n)?|quedan?|solo|slechts|restam apenas|apenas|endast|tylko|残り|後)\s*"
    r"(?P<many>\d{1,6})|(?P<more>\d{1,6})\s*(?:left|auf lager|en stock|disponibili|op voorraad|em estoque|i lager|点)"
)


def availability(text: str, language: str) -> Availability:
    """Read what a page or a file says of availability. A language that is not known is read as English."""
    said = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
    if not said:
        return Availability(None)
    own = (language, "en") if language in _NO else ("en",)
    if any(word in said for each in own for word in _NO[each]):
        return Availability(in_stock=False, quantity=0)
    found = _LEFT.search(said)
    left = int(found["many"] or found["more"]) if found else None
    if left is not None or any(word in said for each in own for word in _YES[each]):
        return Availability(in_stock=left != 0, quantity=left)
    return Availability(None)
