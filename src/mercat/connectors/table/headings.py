"""The usual headings of product files in several languages, and what they mean.

A heading is compared by its letters and digits only: ``Product_Name``, ``productName`` and ``PRODUCT NAME*`` are one.
What stands in brackets or behind a currency sign is a unit or a currency: ``Weight (kg)``, ``Price EUR``.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from mercat.connectors.table.transforms import unit_name
from mercat.connectors.table.vocabulary import ALIASES
from mercat.sdk.values import weight_unit

# Ids that name the record rather than the product, in order of trust; used where nothing better is there.
ID_HEADINGS = ("id", "uid", "uuid", "guid", "identifier", "recordid", "entityid", "lfdnr")
# Smaller copies of a picture that the same row holds in full size.
_SMALL_IMAGES = re.compile(
    r"(?:img|image|picture|bild|photo)s?(?:url)?(?:low|small|thumb|thumbnail|tiny|500x500|preview|medium)|(?:low|thumb)(?:pic|nail)(?:url)?|thumb"
)
_WORD_BREAK = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_BRACKETS = re.compile(r"[(\[](.*?)[)\]]")
_FILLERS = ("product", "item", "article", "artikel", "produkt", "variant")
_CURRENCIES = {"€": "EUR", "£": "GBP", "$": None, "eur": "EUR", "usd": "USD", "gbp": "GBP", "chf": "CHF", "pln": "PLN"}
_CURRENCIES |= {"sek": "SEK", "cad": "CAD", "aud": "AUD", "czk": "CZK", "dkk": "DKK", "nok": "NOK"}


@dataclass(frozen=True)
class Meaning:
    """What a heading says: the field, and its unit or currency. ``exact`` is false where words had to be left out."""

    field: str
    unit: str | None = None
    currency: str | None = None
    exact: bool = True


def letters(heading: str) -> str:
    """The heading's letters and digits in lower case, without accents."""
    folded = unicodedata.normalize("NFKD", heading.casefold().replace("ß", "ss").replace("ł", "l"))
    return "".join(c for c in folded if c.isalnum() and not unicodedata.combining(c))


_BY_LETTERS = {letters(alias): field for field, aliases in ALIASES.items() for alias in aliases.split("|")}
_RANKS = {letters(alias): n for aliases in ALIASES.values() for n, alias in enumerate(aliases.split("|"))}


def rank(heading: str) -> int:
    """How far down the list of its field's usual headings this one stands: the first are the surest."""
    return _RANKS.get(letters(heading), len(_RANKS))


def meaning(heading: str) -> Meaning | None:
    """The field a heading usually stands for, or ``None``."""
    path = heading.strip().lstrip("@")
    exact = _BY_LETTERS.get(letters(path))
    if exact is not None:
        return Meaning(exact, currency=next((_CURRENCIES[sign] for sign in "€£" if sign in path), None))
    special = _special(path)
    if special is not None:
        return special
    words = [word for word in re.split(r"[^\w€£$]+|_", _WORD_BREAK.sub(" ", _BRACKETS.sub(r" \1 ", path))) if word]
    unit = (
        next((name for word in words if (name := unit_name(word)) and len(word) <= 6), None) if len(words) > 1 else None
    )
    currency = next((code for word in words if (code := _CURRENCIES.get(word.casefold()))), None)
    noise = {w for w in words if unit_name(w) == unit and unit} | {w for w in words if w.casefold() in _CURRENCIES}
    core = [word for word in words if word not in noise]
    found = _BY_LETTERS.get(letters("".join(core))) or _without_fillers(core)
    return _checked(found, unit, currency) if found is not None else None


def _checked(field: str, unit: str | None, currency: str | None) -> Meaning:
    measured = field == "weight" or field in ("length", "width", "height")
    if unit is not None and field == "weight" and weight_unit(unit) is None and unit not in ("mg", "t"):
        unit = None
    return Meaning(field, unit=unit if measured else None, currency=currency, exact=False)


def _without_fillers(words: list[str]) -> str | None:
    core = [word for word in words if letters(word) not in _FILLERS]
    if core and len(core) < len(words):
        return _BY_LETTERS.get(letters("".join(core)))
    return None


def _special(path: str) -> Meaning | None:
    """Numbered headings (``Image 2``, ``Category level 3``, ``Option1 Name``) and Shopify's grams."""
    compact = letters(path)
    option = re.fullmatch(r"option([123])(name|value)", compact)
    if option is not None:
        return Meaning(f"option{option[1]}_{option[2]}")
    if compact in ("variantgrams", "grams", "weightgrams", "weightvaluegrams"):
        return Meaning("weight", unit="g")
    level = re.fullmatch(r"(.*?)(?:level|ebene|niveau|nivel|livello|lvl)?([1-9])", compact)
    if level is not None:
        base = _BY_LETTERS.get(level[1])
        if base == "category":
            return Meaning(f"category.{level[2]}")
        if base == "image_url":
            return Meaning("image_url")
    if re.fullmatch(r"(?:sub){1,3}(?:category|categorie|kategorie|categoria|famille)", compact):
        return Meaning(f"category.{1 + compact.count('sub')}")
    if compact in ("unterkategorie", "souscategorie", "sottocategoria", "subcategory", "untergruppe", "podkategoria"):
        return Meaning("category.2")
    if _SMALL_IMAGES.fullmatch(compact):
        return Meaning("ignore")
    return None
