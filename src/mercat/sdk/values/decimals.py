"""Numbers from outside as plain decimal strings. Nothing here passes through a float."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal
from functools import lru_cache

_MAX_LENGTH = 80
_MAX_EXPONENT = 40
_SIMPLE = re.compile(r"(-?)0*([0-9]+)(?:\.([0-9]*))?")
_CANONICAL = re.compile(r"(?:0|[1-9][0-9]*)(?:\.[0-9]*[1-9])?")
_DIGITS = re.compile(r"[0-9]+")
_SCIENTIFIC = re.compile(r"([+-]?[0-9]+(?:\.[0-9]+)?)[eE]([+-]?[0-9]{1,4})")
_BLANKS = re.compile(r"[\s\u00a0\u202f\u2009\u2007]+")
# What may stand before or after an amount: signs of currencies, ISO 4217 codes, and the usual abbreviations.
_ISO_4217 = (
    "AED ARS AUD BAM BGN BRL CAD CHF CLP CNY COP CZK DKK DZD EGP EUR GBP GEL GHS HKD HRK HUF IDR ILS INR ISK JOD JPY "
    "KES KRW KWD KZT LKR MAD MDL MKD MXN MYR NGN NOK NZD OMR PEN PHP PKR PLN QAR RON RSD RUB SAR SEK SGD THB TND TRY "
    "TWD UAH USD UYU UZS VND ZAR"
).split()
# Signs that mean one currency only; "$", "¥" and "kr" do not.
CURRENCY_SIGNS = {
    "€": "EUR",
    "EURO": "EUR",
    "EUROS": "EUR",
    "£": "GBP",
    "US$": "USD",
    "R$": "BRL",
    "ZŁ": "PLN",
    "KČ": "CZK",
    "FT": "HUF",
    "LEI": "RON",
    "₺": "TRY",
    "TL": "TRY",
    "₹": "INR",
    "₽": "RUB",
    "₴": "UAH",
    "₪": "ILS",
    "FR.": "CHF",
}
_CURRENCY = (
    rf"(?i:[{{signs}}]|US\$|CA?\$|AU?\$|NZ\$|R\$|HK\$|S\$|{'|'.join(_ISO_4217)}|Euros?|kr\.?|Kč|zł|Ft|lei|лв\.?"
    r"|Fr\.?|Rs\.?|руб\.?|p\.|грн\.?|TL)"
).replace("{signs}", "$¢£¤¥֏؋৲৳৻૱௹฿៛₠-⃀﷼﹩＄￠￡￥￦")
_MARKED_DIGITS = r"[0-9.,'’\u02bc _]*[0-9][0-9.,'’\u02bc _]*?"
_AMOUNT = re.compile(rf"(?:{_CURRENCY}\s*)?(?P<number>{_MARKED_DIGITS})(?:[.,]?[-–—]{{1,2}})?\s*{_CURRENCY}?")

# Names in lower case without a full stop → Shopify's four units. GRM, KGM, LBR and ONZ are UN/ECE Recommendation 20.
WEIGHT_UNITS: dict[str, str] = {
    **dict.fromkeys("g gr grm gram grams gramm gramme grammes grammi grammo gramo gramos gramów".split(), "g"),
    **dict.fromkeys("kg kgs kgm kilo kilos kilogram kilograms kilogramm kilogramme kilogrammes".split(), "kg"),
    **dict.fromkeys("kilogrammo chilogrammo chilogrammi kilogramo kilogramos kilogramy".split(), "kg"),
    **dict.fromkeys("oz ozs onz ounce ounces unze unzen once onces onza onzas".split(), "oz"),
    **dict.fromkeys("lb lbs lbr # pound pounds pfund livre livres libra libras".split(), "lb"),
}


def weight_unit(raw: str) -> str | None:
    """``g``, ``kg``, ``oz`` or ``lb`` for a unit's usual names, else ``None`` (milligrams need converting)."""
    return WEIGHT_UNITS.get(raw.strip().rstrip(".").lower())


def decimal_text(raw: str, *, decimal_comma: bool | None = None) -> str | None:
    """A number as people write it → a plain canonical decimal (``"12.5"``, ``"0"``, ``"-3"``); ``None`` if empty.

    Currency signs and codes, thousands separators (point, comma, blank, apostrophe), ``(12.50)`` and ``12.50-`` for
    negatives are understood. ``decimal_comma`` says which of the two marks is the decimal one; where only one mark
    occurs and it cannot be a thousands separator it is decimal all the same. Not told: a lone point is decimal, a lone
    comma before exactly three digits (``1,234``) separates thousands. Raises ``ValueError`` on anything else.
    """
    # Most numbers of most feeds, a million different ones: remembering them would cost more than looking.
    if decimal_comma is not True and len(raw) <= _MAX_LENGTH and _CANONICAL.fullmatch(raw):
        return raw
    # By position: a cache looks up keywords at twice the price, and this is asked for every cell.
    return _decimal_text(raw, None if decimal_comma is None else "," if decimal_comma else ".")


@lru_cache(maxsize=65_536)
def _decimal_text(raw: str, expected: str | None) -> str | None:
    if expected != "," and len(raw) <= _MAX_LENGTH:
        simple = _SIMPLE.fullmatch(raw)
        if simple is not None:
            return _join(*simple.groups(""))
    text = _BLANKS.sub(" ", unicodedata.normalize("NFKC", raw)).strip()
    if not text:
        return None
    if len(text) > _MAX_LENGTH:
        raise ValueError(f"a number of {len(text)} characters is not believable")
    scientific = _SCIENTIFIC.fullmatch(text)
    if scientific is not None:
        return _plain(text, scientific)
    sign, body = _sign(text.replace("−", "-"))
    amount = _AMOUNT.fullmatch(body)
    if amount is None:
        raise ValueError(f"{raw!r} is not a number")
    whole, fraction = _marks(amount["number"].strip(), raw, expected)
    return _join(sign, whole, fraction)


def currency_in(raw: str) -> str | None:
    """The ISO 4217 code that an amount is written with (``"69.71 gbp"``, ``"€ 12"``); ``None`` if not sure."""
    word = "".join(
        c for c in unicodedata.normalize("NFKC", raw) if not (c.isdigit() or c.isspace() or c in "+-−–—,'’()")
    )
    word = word.strip(".").upper() if not word.upper().endswith("FR.") else "FR."
    return word if word in _ISO_4217 else CURRENCY_SIGNS.get(word)


def _plain(text: str, scientific: re.Match[str]) -> str:
    # Bounded, because a hostile "1e999999999" would otherwise become a gigabyte of zeros.
    if abs(int(scientific[2])) > _MAX_EXPONENT:
        raise ValueError(f"{text!r} is not a believable number")
    sign, whole, fraction = _SIMPLE.fullmatch(f"{Decimal(text):f}".lstrip("+")).groups("")  # type: ignore[union-attr]
    return _join(sign, whole, fraction)


def _sign(text: str) -> tuple[str, str]:
    if text.startswith("(") and text.endswith(")"):
        return "-", text[1:-1].strip()
    if text[0] in "+-":
        return ("-" if text[0] == "-" else ""), text[1:].strip()
    # A minus may follow the currency ("€ -5") or, from ERP systems, the digits ("12.50-").
    # "12.-" is Swiss for 12.00.
    if text[-1] == "-" and text[-2:-1].isdigit():
        return "-", text[:-1].strip()
    before, minus, after = text.partition("-")
    if minus and not any(map(str.isdigit, before)):
        return "-", f"{before.strip()} {after.strip()}"
    return "", text


def _marks(number: str, raw: str, expected: str | None) -> tuple[str, str]:
    """Tell the decimal mark from the thousands separators: (whole digits, fraction digits)."""
    points, commas = number.count("."), number.count(",")
    if points and commas:
        mark = "." if number.rfind(".") > number.rfind(",") else ","
    elif points + commas == 1:
        mark = _lone_mark(number, "." if points else ",", expected or ".")
    else:
        mark = ""
    whole, _, fraction = number.rpartition(mark) if mark else (number, "", "")
    digits = _ungroup(whole)
    if digits is None or not (fraction == "" or _DIGITS.fullmatch(fraction)):
        raise ValueError(f"{raw!r} is not a number: its separators do not make groups of three digits")
    return digits, fraction


def _lone_mark(number: str, mark: str, expected: str) -> str:
    whole, _, fraction = number.partition(mark)
    may_group = len(fraction) == 3 and 1 <= len(whole) <= 3 and not whole.startswith("0")
    if not may_group:
        return mark
    return mark if mark == expected else ""


def _ungroup(whole: str) -> str | None:
    """Digits without their separators, or ``None`` where these are mixed or in the wrong places."""
    if whole == "" or _DIGITS.fullmatch(whole):
        return whole
    separators = set(whole) - set("0123456789")
    if len(separators) > 1:
        return None
    first, *groups = whole.split(separators.pop())
    if not 1 <= len(first) <= 3 or len(groups[-1]) != 3:
        return None
    # Groups of two before the last are Indian: 12,34,567.
    sizes = {len(group) for group in groups[:-1]}
    return first + "".join(groups) if sizes <= {3} or sizes == {2} else None


def _join(sign: str, whole: str, fraction: str) -> str:
    whole = whole.lstrip("0") or "0"
    fraction = fraction.rstrip("0")
    text = f"{whole}.{fraction}" if fraction else whole
    return text if text == "0" else sign + text
