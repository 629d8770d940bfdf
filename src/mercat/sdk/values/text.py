"""Text and HTML from outside: readable, normalised, harmless."""

from __future__ import annotations

import html
import html.entities
import re
import unicodedata
from collections.abc import Sequence

import nh3

# Only whole references (with their semicolon) are decoded: "?a=1&copy=2" and "AT&T" are not entities in a feed.
_ENTITY = re.compile(r"&(?:#[0-9]{1,8}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_NUMBER = re.compile(r"[+-]?(?:\d+(?:[.,]\d+)*|[.,]\d+)")
_SPACES = re.compile(r" {2,}")
_LINES = re.compile(r" *\n[ \n]*")
_PLAIN_TAG = re.compile(r"<(/?)(p|br|b|strong|i|em|u|ul|ol|li|h[1-6]|div|span)>")
_TAG = re.compile(r"<[^<>]*>")
# No tag of anybody's; a text that holds it makes a text too many.
_BETWEEN = "<|>"
_MARKUP_ENTITIES = frozenset('<>&"')
_FORMULA_STARTS = frozenset("=+-@\t\r\n＝＋－＠")


def _translation(*, for_html: bool) -> dict[int, str]:
    """Which characters go or become a space or a line end. HTML keeps its no-break spaces: there they are meant."""
    table = dict.fromkeys([*range(0x20), *range(0x7F, 0xA0), 0x200B, 0x2060, 0xFEFF, 0xFFFE, 0xFFFF], "")
    table |= {0x09: " ", 0x0A: "\n", 0x0B: "\n", 0x0C: "\n", 0x0D: "\n", 0x85: "\n", 0x2028: "\n", 0x2029: "\n"}
    # A lone surrogate (JSON can carry one) cannot be written to any file or database.
    table |= dict.fromkeys(range(0xD800, 0xE000), "\N{REPLACEMENT CHARACTER}")
    if not for_html:
        table |= dict.fromkeys([0xA0, 0x1680, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000], " ")
    return table


_TEXT = _translation(for_html=False)
_HTML = _translation(for_html=True)


def _decode(match: re.Match[str]) -> str:
    reference = match.group()
    if reference[1] != "#" and reference[1:] not in html.entities.html5:
        return reference
    return html.unescape(reference)


def _decode_outside_markup(match: re.Match[str]) -> str:
    text = _decode(match)
    return match.group() if text in _MARKUP_ENTITIES or text == "\N{NO-BREAK SPACE}" else text


def plain_text(raw: str) -> str:
    r"""One line or more of plain text: entities decoded once, NFC, no control characters, single spaces and line ends.

    Tags are left as they are and so is a leading ``=``: this is text, and stays the text it is. Line ends become
    single ``\n``. ``&amp;amp;`` becomes ``&amp;``: an entity is decoded once, never twice.
    """
    # str.isprintable is false for every character that needs care, so that an ordinary cell costs four C calls.
    if raw.isprintable() and "&" not in raw and "  " not in raw:
        text = raw.strip()
        return text if text.isascii() else unicodedata.normalize("NFC", text)
    text = _ENTITY.sub(_decode, raw) if "&" in raw else raw
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").translate(_TEXT))
    if "\n" in text:
        text = _LINES.sub("\n", text)
    return _SPACES.sub(" ", text).strip()


def safe_html(raw: str) -> str:
    """HTML that is safe to show inside a page's body: scripts, event handlers and ``javascript:`` addresses go.

    The rest is kept as it is (nh3's default tags and attributes). Text without a ``<`` carries no markup: its letters'
    entities are decoded once (``&eacute;``), those that mean markup (``&lt;``, ``&amp;``) stay. A last ``<`` that no
    ``>`` closes is text (``5 <b``) and is escaped, for a parser would drop the rest of the line.
    """
    if "<" not in raw:
        if raw.isascii() and raw.isprintable() and "&" not in raw:
            return raw.strip()
        text = _ENTITY.sub(_decode_outside_markup, raw) if "&" in raw else raw
        return unicodedata.normalize("NFC", text.replace("\r\n", "\n").translate(_HTML)).strip()
    if _is_plain_markup(raw):
        return raw.strip()
    text = unicodedata.normalize("NFC", raw.replace("\r\n", "\n").translate(_HTML))
    end = text.rfind(">") + 1
    if "<" in text[end:] and "<!--" not in text:
        text = text[:end] + text[end:].replace("<", "&lt;")
    return nh3.clean(text, link_rel=None).strip()


def _is_plain_markup(raw: str) -> bool:
    """Whether the HTML is nothing but printable ASCII and balanced tags of running text without attributes.

    Most descriptions are; a parser would only give them back, fifty times as slowly.
    """
    if "&" in raw or not raw.isascii() or not raw.isprintable():
        return False
    tags = _PLAIN_TAG.findall(raw)
    if raw.count("<") != len(tags) or raw.count(">") != len(tags):
        return False
    still_open: list[str] = []
    for slash, name in tags:
        if name == "br":
            if slash:
                return False
        elif not slash:
            still_open.append(name)
        elif not still_open or still_open.pop() != name:
            return False
    return not still_open


def are_plain_html(texts: Sequence[str]) -> bool:
    """Whether ``safe_html`` would leave each of many texts as it is, but for blanks around it.

    The tags of all of them are found in one go; texts of the same supplier have few different rows of tags.
    """
    whole = _BETWEEN.join(texts)
    if "&" in whole or not (whole.isascii() and whole.isprintable()):
        return False
    tags = _TAG.findall(whole)
    if whole.count("<") != len(tags) or whole.count(">") != len(tags):
        return False
    each = "".join(tags).split(_BETWEEN)
    return len(each) == len(texts) and all(map(_is_plain_markup, {*each}))


def neutralise_formula(text: str) -> str:
    """A cell for a CSV or workbook that a spreadsheet will not run (OWASP, "CSV Injection").

    A leading ``= + - @``, tab, carriage return or line feed (full-width forms too, and behind blanks) gets an
    apostrophe in front, unless the text is a plain number.
    """
    if not text or (text[0] not in _FORMULA_STARTS and text.lstrip()[:1] not in _FORMULA_STARTS):
        return text
    return text if _NUMBER.fullmatch(text) else "'" + text
