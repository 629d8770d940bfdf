"""XML by record, without entities, DTDs or the network."""

from __future__ import annotations

import html.entities
import re
from collections import Counter
from collections.abc import Container, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO, TypeAlias

from lxml import etree

from mercat.sdk.errors import Unreadable
from mercat.sdk.feeds.archives import Member
from mercat.sdk.feeds.encodings import encoding_for
from mercat.sdk.feeds.options import ReadOptions
from mercat.sdk.feeds.streams import REPAIR, Gauge, Transcoded, buffered, decoding
from mercat.sdk.feeds.tables import Record, Records

# An lxml element, and below a parser: the stubs know neither source lines nor references nor what events carry.
Element: TypeAlias = Any
STEP = 64 * 1024
GUESS_BYTES = 4 * 1024 * 1024
# Names that records go by, where several elements repeat.
USUAL = frozenset({"product", "item", "article", "row", "record", "entry", "offer", "produkt", "artikel", "produit"})
DECLARES = re.compile(rb"<!ENTITY", re.IGNORECASE)
SAFE: dict[str, Any] = {
    "resolve_entities": False,
    "no_network": True,
    "load_dtd": False,
    "attribute_defaults": False,
    "dtd_validation": False,
    "huge_tree": False,
    "remove_comments": True,
    "remove_pis": True,
}

# XML Schema 1.1, XSLT 3.0, RELAX NG: their elements repeat and have parts, as records do.
_DESCRIPTIONS = {
    "http://www.w3.org/2001/XMLSchema",
    "http://www.w3.org/1999/XSL/Transform",
    "http://relaxng.org/ns/structure/1.0",
}


def iterate_xml(
    stream: BinaryIO, tags: Container[str], *, name: str = "XML", encoding: str | None = None
) -> Iterator[tuple[int, str, Element]]:
    """Each element whose local name is in ``tags``, complete: (source line, local name, element). Then it is emptied.

    Entity declarations are refused before any is used; external DTDs are not loaded; HTML's named characters are put in
    place where an external DTD is said to declare them. Everything outside the wanted elements is forgotten as it
    goes by, so memory does not grow with the file. ``encoding`` overrides the declaration. Raises ``Unreadable`` at
    a torn place, with its line.
    """
    with _torn_xml(name) as parsers:
        head, root_tag, may_refer = _prologue(stream, name, encoding)
        filtered = [root_tag, *(f"{{*}}{tag}" for tag in tags)] if isinstance(tags, Iterable) else None
        parser = etree.XMLPullParser(events=("start", "end"), tag=filtered, encoding=encoding, **SAFE)
        parsers.append(parser)
        for nested, local, element in _wanted(parser, head, stream, tags):
            if may_refer:
                _fill_entities(element, name)
            yield int(element.sourceline or 0), local, element
            if not nested:  # else it is still needed where it lies
                element.clear()


def _wanted(parser: Any, head: bytes, stream: BinaryIO, tags: Container[str]) -> Iterator[tuple[bool, str, Element]]:
    """The wanted elements as they end, and whether each lies in another that is still open.

    Between steps the tree is cut back to what is still open.
    """
    root: Element | None = None
    depth = 0
    data = head
    while data:
        parser.feed(data)
        for event, element in parser.read_events():
            if root is None:
                root = element
            local = element.tag.rpartition("}")[2]
            if local not in tags:
                continue
            if event == "start":
                depth += 1
            else:
                depth -= 1
                yield depth > 0, local, element
        if root is not None:
            _cut_back(root, tags)
        data = stream.read(STEP)
    parser.close()


def _prologue(stream: BinaryIO, name: str, encoding: str | None) -> tuple[bytes, str, bool]:
    """Read up to the root's start tag: the bytes read, the root's tag, and whether a DTD lets undeclared entities pass.

    Refuses entity declarations, and schemas.
    """
    parser: Any = etree.XMLPullParser(events=("start",), encoding=encoding, **SAFE)
    read = b""
    while data := stream.read(STEP):
        read += data
        if DECLARES.search(read.replace(b"\x00", b"")[: len(read)]) and _declared_before_root(read):
            raise _refused(name)
        parser.feed(data)
        for _, root in parser.read_events():
            dtd = root.getroottree().docinfo.internalDTD
            if dtd is not None and any(True for _ in dtd.entities()):
                raise _refused(name)
            if etree.QName(root).namespace in _DESCRIPTIONS:
                raise Unreadable(
                    f"{name} is an XML schema or style sheet, which says how files look and holds no products; "
                    "give a file that follows it",
                    member=name,
                )
            return read, str(root.tag), dtd is not None
        if len(read) > 16 * STEP:
            raise Unreadable(f"{name} has no root element in its first megabyte; it is not a feed we read", member=name)
    parser.close()
    return read, "", False


def _declared_before_root(data: bytes) -> bool:
    """Whether an entity is declared in the document type, not merely spoken of in some text."""
    start = data.replace(b"\x00", b"")
    doctype = start.find(b"<!DOCTYPE")
    return doctype >= 0 and not re.search(rb"<[A-Za-z_]", start[:doctype])


def _refused(name: str) -> Unreadable:
    return Unreadable(
        f"{name} declares XML entities, which we never expand (they can be bombs, or read files); "
        "ask the supplier for a file without a DTD of its own",
        member=name,
    )


def _cut_back(root: Element, tags: Container[str]) -> None:
    """Drop what is complete and lies outside a wanted element that is still open."""
    node = root
    while len(node) and node.tag.rpartition("}")[2] not in tags:
        del node[:-1]
        node = node[-1]
        if not isinstance(node.tag, str):
            return


def _fill_entities(element: Element, name: str) -> None:
    """Replace references such as ``&nbsp;`` by the character HTML knows under that name."""
    for node in list(element.iter(etree.Entity)):
        known = html.entities.html5.get(f"{node.name};")
        if known is None:
            raise Unreadable(
                f"{name}, line {node.sourceline}: the entity &{node.name}; means nothing here", member=name
            )
        text = known + (node.tail or "")
        parent, before = node.getparent(), node.getprevious()
        if parent is None:
            continue
        node.tail = None
        parent.remove(node)
        if before is not None:
            before.tail = (before.tail or "") + text
        else:
            parent.text = (parent.text or "") + text


@contextmanager
def _torn_xml(name: str) -> Iterator[list[Any]]:
    """Turn syntax errors into refusals; the parser put into the list is asked for what its exception does not say."""
    parsers: list[Any] = []
    try:
        yield parsers
    except etree.XMLSyntaxError as error:
        line, message = error.lineno or 0, error.msg
        # At the end of the input the exception only says that there is no more.
        if not line and parsers and len(parsers[-1].feed_error_log):
            line, message = parsers[-1].feed_error_log[0].line, parsers[-1].feed_error_log[0].message.strip()
        raise Unreadable(
            f"{name}, line {line}: {message}; the file is damaged or was cut short: fetch it again",
            member=name,
            line=line,
        ) from error


def read_xml(member: Member, options: ReadOptions) -> Records:
    """The elements at ``record_path`` (local names from the root down, "catalog/product"; a single name fits anywhere).

    Without a path, the shallowest element that repeats and has parts is taken; where none does, the root is the record.
    """
    encoding = encoding_for(member, options.encoding)
    path = options.record_path.strip("/").split("/") if options.record_path else _guess(member, options, encoding)

    def batches(size: int) -> Iterator[list[Record]]:
        batch: list[Record] = []
        count = 0
        with _opened(member, options, encoding) as (gauge, stream):
            for line, _, element in iterate_xml(stream, {path[-1]}, name=member.name, encoding="utf-8"):
                if not _lies_at(element, path):
                    continue
                value = _value(element)
                batch.append((line, value if isinstance(value, dict) else {"#text": value}))
                count += 1
                if len(batch) >= size or gauge.is_full:
                    gauge.reset()
                    yield batch
                    batch = []
        if batch:
            yield batch
        if not count:
            raise Unreadable(
                f"{member.name} has no element {'/'.join(path)}; leave the record path out to have it guessed",
                member=member.name,
            )

    return Records(member.name, "xml", batches, encoding=encoding)


@contextmanager
def _opened(member: Member, options: ReadOptions, encoding: str) -> Iterator[tuple[Gauge, BinaryIO]]:
    """The member as UTF-8 bytes, with the gauge that bounds a single record."""
    gauge = Gauge(member.open(), member.name, window_limit=options.limits.max_record_bytes)
    stream = buffered(gauge)
    if encoding not in {"utf-8", "utf-8-sig"}:
        stream = buffered(Transcoded(stream, encoding, "strict" if options.encoding else REPAIR))
    with stream, decoding(member.name, encoding):
        yield gauge, stream


def _lies_at(element: Element, path: list[str]) -> bool:
    node: Element | None = element
    for step in reversed(path):
        if node is None or etree.QName(node).localname != step:
            return False
        node = node.getparent()
    return node is None or len(path) == 1 or path[0] != etree.QName(_root(element)).localname


def _root(element: Element) -> Element:
    return element.getroottree().getroot()


def _value(element: Element) -> str | dict[str, Any]:
    """A dictionary of the attributes ("@name"), parts and own text ("#text"); text alone if there is only that."""
    text = (element.text or "") + "".join(part.tail or "" for part in element)
    record: dict[str, Any] = {f"@{etree.QName(key).localname}": value for key, value in element.attrib.items()}
    for part in element:
        if isinstance(part.tag, str):
            tag, value = etree.QName(part).localname, _value(part)
            known = record.get(tag)
            if known is None:
                record[tag] = value
            elif isinstance(known, list):
                known.append(value)
            else:
                record[tag] = [known, value]
    if not record:
        return text.strip()
    if text.strip():
        record["#text"] = text.strip()
    return record


def _guess(member: Member, options: ReadOptions, encoding: str) -> list[str]:
    """The path of the records, judged on the first megabytes."""
    seen: Counter[tuple[str, ...]] = Counter()
    parts: Counter[tuple[str, ...]] = Counter()
    path: list[str] = []
    with _opened(member, options, encoding) as (gauge, stream), _torn_xml(member.name) as parsers:
        head, *_ = _prologue(stream, member.name, "utf-8")
        parser: Any = etree.XMLPullParser(events=("start", "end"), encoding="utf-8", **SAFE)
        parsers.append(parser)
        data, events = head, parser.read_events()
        while data and gauge.total < GUESS_BYTES + 2 * len(head):
            gauge.reset()
            parser.feed(data)
            for event, element in events:
                if event == "start":
                    parts[tuple(path)] += 1
                    path.append(etree.QName(element).localname)
                    seen[tuple(path)] += 1
                else:
                    path.pop()
                    element.clear()
            data = stream.read(STEP)
    candidates = [known for known in seen if parts[known] and len(known) > 1] or list(seen)

    def rank(known: tuple[str, ...]) -> tuple[bool, bool, int, bool, int]:
        """Usual names before others; of those, what repeats; then the shallowest; then the one with the most in it."""
        unusual, once = known[-1].lower() not in USUAL, seen[known] == 1
        return unusual, unusual and once, len(known), once, -parts[known]

    best: tuple[str, ...] = min(candidates, key=rank)
    if seen[best] == 1 and best[-1].lower() not in USUAL:
        best = min(seen, key=len)
    return list(best)
