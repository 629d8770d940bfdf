"""Of which format a file is: by its content first, then by its name."""

from __future__ import annotations

import codecs
import re

from mercat.sdk.feeds.archives import Member, archive_kind, workbook_kind, zip_names
from mercat.sdk.feeds.encodings import encoding_of_head

HEAD = 64 * 1024
LINE = 8 * 1024 * 1024
JSON_START = re.compile(r'\{\s*["}]|\[\s*[\[{"\]]')
JSON_LINE_ENDINGS = (".jsonl", ".ndjson", ".jl")
JSON_ENDINGS = (".json", *JSON_LINE_ENDINGS)
OLE = bytes.fromhex("d0cf11e0a1b11ae1")
# BIFF 2 to 4 workbooks have no OLE container around them.
BIFF = (b"\x09\x00\x04\x00", b"\x09\x02\x06\x00", b"\x09\x04\x06\x00")
HTML = re.compile(
    r"(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body|table|meta|script|style|div)[\s>]", re.IGNORECASE | re.DOTALL
)
XML = re.compile(r"<(?:\?xml|!--|!DOCTYPE|\?|[A-Za-z_][\w:.-]*[\s/>])")
CONTROLS = re.compile(r"[\x01-\x08\x0e-\x1a\x1c-\x1f\ufffd]")
# Formats that may look like text at the start.
FOREIGN = (b"%PDF", b"%!PS", b"Rar!", b"7z\xbc\xaf", b"{\\rtf")
TEXT_ENDINGS = (".csv", ".tsv", ".txt", ".tab", ".psv", ".asc", ".dat")


def sniff(member: Member) -> str | None:
    """One of "csv", "xlsx" (xlsm and xlsb too), "xls", "ods", "json", "jsonl", "xml", or ``None`` for what is none of these.

    Raises ``Unreadable`` only where the member itself cannot be read.
    """
    with member.open() as stream:
        head = stream.read(HEAD)
    if archive_kind(head) == "zip":
        return workbook_kind(zip_names(member))
    if head.startswith((OLE, *BIFF)):
        return "xls"
    if head.startswith(FOREIGN):
        return None
    encoding = encoding_of_head(head)
    text = codecs.getincrementaldecoder(encoding)("replace").decode(head).lstrip("\ufeff")
    start = text.lstrip()
    if HTML.match(start):
        return None
    if XML.match(start) and (start.startswith("<?xml") or not member.name.lower().endswith(TEXT_ENDINGS)):
        return "xml"
    if JSON_START.match(start) or (start.startswith(("{", "[")) and member.name.lower().endswith(JSON_ENDINGS)):
        return _json_kind(member, start, encoding)
    visible = text.replace("\x00", "").rstrip("\x1a")
    return "csv" if len(CONTROLS.findall(visible)) <= 0.02 * len(visible) and len(visible) >= 0.5 * len(text) else None


def _json_kind(member: Member, start: str, encoding: str) -> str:
    """JSON Lines if the name says so, or if the first line is an object whole and the next line begins another."""
    if member.name.lower().endswith(JSON_LINE_ENDINGS):
        return "jsonl"
    first, end, rest = start.partition("\n")
    if not end and start.startswith("{") and encoding in {"utf-8", "utf-8-sig", "cp1252"}:
        with member.open() as stream:
            first = stream.readline(LINE).decode(encoding, "replace")
            rest = stream.readline(LINE).decode(encoding, "replace")
    return (
        "jsonl" if first.rstrip().endswith("}") and first.startswith("{") and rest.lstrip().startswith("{") else "json"
    )
