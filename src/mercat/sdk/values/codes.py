"""Codes that name a product: GTINs, part numbers, brands, handles; in a form that can be trusted and compared."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

_SCIENTIFIC = re.compile(r"[0-9](?:[.,][0-9]+)?[eE]\+?[0-9]{1,2}")
_SPREADSHEET_TEXT = re.compile(r"""=?"(.*)"|'(.*)""")
_FLOAT_TAIL = re.compile(r"[0-9]+[.,]0+")
_SEQUENCES = ("12345678901234567890", "01234567890123456789", "98765432109876543210")
# Every made-up number of 7 to 13 digits: counting ones, and one digit throughout.
_MADE_UP = frozenset(
    [digits[at : at + size] for digits in _SEQUENCES for size in range(7, 14) for at in range(len(digits) - size + 1)]
    + [figure * size for figure in "0123456789" for size in range(7, 14)]
)
_PLACEHOLDERS = frozenset(
    "n/a,na,n.a.,n.a,none,null,nil,nan,-,--,.,?,x,xx,xxx,tbd,tba,unknown,unavailable,pending,missing,dummy,test,no,"
    "not available,not applicable,does not apply,no upc,no ean,no gtin,no barcode,upc exempt,gtin exempt,keine,"
    "nicht vorhanden,k.a.,k. a.,nein,aucun,sans,ninguno,no aplica,nessuno,geen,brak,nie dotyczy".split(",")
)
_EAN13 = 13
# ASCII digits to their values, and every sum that a right check digit makes: 9 * (7 + 3 * 6) still fits into a byte.
_FIGURES = bytes(max(byte - 48, 0) for byte in range(256))
_TENS = bytes(range(0, 256, 10))
_ISBN10 = re.compile(r"[0-9]{9}[0-9Xx]")

# Letters that look like Latin ones in capitals (Unicode TR 39, confusables: Cyrillic and Greek).
_LOOK_ALIKES = str.maketrans(
    "АВЕЗКМНОРСТУХІЇЈЅԚԜҮҺΑΒΕΖΗΙΚΜΝΟΡΤΥΧϹ",
    "ABE3KMHOPCTYXIIJSQWYHABEZHIKMNOPTYXC",
)
_NOT_PART = re.compile(r"[^A-Z0-9]+")

# Letters that no Unicode decomposition takes apart.
_FOLDS = str.maketrans(
    {"ß": "ss", "ẞ": "ss", "æ": "ae", "Æ": "ae", "œ": "oe", "Œ": "oe", "ø": "o", "Ø": "o", "ł": "l", "Ł": "l"}
    | {"đ": "d", "Đ": "d", "ð": "d", "Ð": "d", "þ": "th", "Þ": "th", "ı": "i", "ħ": "h", "Ħ": "h", "ŋ": "n"}
)
_NOT_SLUG = re.compile(r"[^a-z0-9]+")
_SLUG_LENGTH = 200
# ASCII, which nearly all of them are, is translated at a third of a pattern's price.
_ASCII_SLUG = {code: chr(code).lower() if chr(code).isalnum() else " " for code in range(128)}
_ASCII_PART = {code: chr(code).upper() if chr(code).isalnum() else None for code in range(128)}

_BRAND_SIGNS = re.compile("[®™©℠.'’`´]|\\((?:r|tm|c)\\)", re.IGNORECASE)
_NOT_BRAND = re.compile(r"[\W_]+")
_LEGAL_FORMS = frozenset(
    tuple(form.split())
    for form in (
        "inc,incorporated,corp,corporation,co,company,ltd,limited,llc,llp,lp,plc,gmbh,mbh,ag,kg,kgaa,ohg,gbr,ug,ev,se,"
        "sa,sas,sasu,sarl,srl,srls,spa,snc,bv,nv,vof,ab,as,asa,a s,oy,oyj,aps,kk,pty,pte,pvt,bhd,sdn,sl,slu,lda,ltda,"
        "sp z oo,spzoo,sro,s r o,zrt,kft,doo,ooo,ооо,international inc"
    ).split(",")
)
_LONGEST_FORM = max(map(len, _LEGAL_FORMS))


def gtin(raw: str) -> tuple[str | None, str | None]:
    """(the GTIN, a warning): 8, 12, 13 or 14 digits with a right check digit, else ``None`` and the reason.

    Blanks and hyphens are dropped. Nine to eleven digits with a right check digit are a UPC-A that lost its leading
    zeros in a spreadsheet: put back, with a warning (the check digit is counted from the right, so that zeros in front
    do not touch it: GS1 General Specifications, 7.9). Scientific notation has lost its digits; all-equal and counting
    digits are placeholders. An empty cell is ``(None, None)``.
    """
    if len(raw) == 13 and raw.isascii() and raw.isdigit() and raw[0] != "0" and raw[:-1] not in _MADE_UP:
        # The ordinary EAN-13 in a single step, a million times per feed: weights 1 and 3 from the right; 48 is "0".
        figures = raw.encode()
        if (sum(figures) + 2 * sum(figures[1::2]) - 48 * 25) % 10 == 0:
            return raw, None
    code = raw if raw.isascii() and raw.isdigit() else _digits_of(raw)
    if not code:
        return None, None
    if not (code.isascii() and code.isdigit()):
        return None, _why_not_digits(raw, code)
    if _is_placeholder(code):
        return None, f"GTIN {raw!r} is a placeholder"
    size = len(code)
    if not 8 <= size <= 14:
        return None, f"GTIN {raw!r} has {size} digits, not 8, 12, 13 or 14"
    if not _check_digit_is_right(code):
        return None, f"GTIN {raw!r} has a wrong check digit"
    if 8 < size < 12:
        return code.zfill(12), f"GTIN {raw!r} had lost its leading zeros: {code.zfill(12)}"
    return code, None


def are_ean13(codes: Sequence[str]) -> bool:
    """Whether each of many codes is one that ``gtin`` takes as it is, of 13 digits; ``False`` where that is not plain.

    All check digits at once: the figures of one place, of all codes, are the bytes of one whole number, and such numbers
    are multiplied by the place's weight and added. No byte overflows into the next one.
    """
    whole = "".join(codes)
    if {*map(len, codes)} - {_EAN13} or not whole.isascii() or (whole and not whole.isdigit()):
        return False
    figures = whole.encode().translate(_FIGURES)
    places = [figures[place::_EAN13] for place in range(_EAN13)]
    sums = sum((3 if place % 2 else 1) * int.from_bytes(column, "big") for place, column in enumerate(places))
    is_right = not sums.to_bytes(len(codes), "big").translate(None, _TENS)
    return is_right and 0 not in places[0] and _MADE_UP.isdisjoint([code[:-1] for code in codes])


def gtin14(value: str) -> str:
    """The form for comparing: zeros in front up to 14 digits (GS1: all GTINs are one number of 14 digits)."""
    return value.zfill(14)


def _digits_of(raw: str) -> str:
    text = unicodedata.normalize("NFKC", raw).strip()
    quoted = _SPREADSHEET_TEXT.fullmatch(text)
    if quoted is not None:
        text = (quoted[1] or quoted[2] or "").strip()
    if _FLOAT_TAIL.fullmatch(text):
        text = text[: max(text.rfind("."), text.rfind(","))]
    if text.lower() in _PLACEHOLDERS:
        return text
    return text.replace(" ", "").replace("-", "").replace("\u2010", "").replace("\u2011", "")


def _why_not_digits(raw: str, code: str) -> str:
    if _SCIENTIFIC.fullmatch(code):
        return f"GTIN {raw!r} is in scientific notation: its digits are lost, export the column as text"
    if code.lower() in _PLACEHOLDERS:
        return f"GTIN {raw!r} is a placeholder"
    if _ISBN10.fullmatch(code):
        return f"GTIN {raw!r} looks like an ISBN-10: send the 13 digits"
    return f"GTIN {raw!r} is not made of digits"


def _is_placeholder(code: str) -> bool:
    # The last digit may be a right check digit put behind a made-up number; zeros may stand in front of it.
    return code[:-1] in _MADE_UP or (code[0] == "0" and (not code.strip("0") or code.lstrip("0")[:-1] in _MADE_UP))


def _check_digit_is_right(code: str) -> bool:
    figures = code.encode()
    # Weights 1, 3, 1, 3 … from the right, and 48 is "0" in ASCII: what all the 48s add is taken off at once.
    size = len(figures)
    return (sum(figures) + 2 * sum(figures[-2::-2]) - 48 * (size + 2 * (size // 2))) % 10 == 0


def _unaccented(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text)
    return decomposed if decomposed.isascii() else "".join(c for c in decomposed if not unicodedata.combining(c))


def slug(text: str) -> str:
    """A handle: lower-case a-z, 0-9 and single hyphens, at most 200 characters; ``""`` where nothing is left."""
    if text.isascii():
        return "-".join(text.translate(_ASCII_SLUG).split())[:_SLUG_LENGTH].rstrip("-")
    text = _unaccented(text.translate(_FOLDS))
    return _NOT_SLUG.sub("-", text.lower()).strip("-")[:_SLUG_LENGTH].rstrip("-")


def mpn_key(text: str) -> str:
    """For comparing part numbers: capitals A-Z and digits only, look-alike Cyrillic and Greek letters made Latin."""
    if text.isascii():
        return text.translate(_ASCII_PART)
    text = _unaccented(text.upper().translate(_LOOK_ALIKES)).upper().translate(_LOOK_ALIKES)
    return _NOT_PART.sub("", text.upper())


def brand_key(text: str) -> str:
    """For comparing brands: case, accents, punctuation, ® and ™, and legal forms at the end (Inc., GmbH) do not count.

    A name that is nothing but a legal form keeps it (``"SE"`` → ``"se"``).
    """
    folded = _unaccented(_BRAND_SIGNS.sub("", text).casefold().translate(_FOLDS)).casefold()
    words = _NOT_BRAND.sub(" ", _BRAND_SIGNS.sub("", folded)).split()
    while words:
        size = next((n for n in range(_LONGEST_FORM, 0, -1) if n < len(words) and tuple(words[-n:]) in _LEGAL_FORMS), 0)
        if not size:
            break
        del words[-size:]
    return "".join(words)
