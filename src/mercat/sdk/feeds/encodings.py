"""In which encoding a file is written: judged on the whole of it, in a stream.

A byte-order mark decides. Then what an XML declaration says, if the bytes allow it. Then UTF-8, if every byte fits:
text in another encoding practically never is valid UTF-8 by chance. What remains is judged on a sample of its non-ASCII
lines, taken from all over the file.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from itertools import chain
from typing import BinaryIO

from charset_normalizer import from_bytes

from mercat.sdk.errors import Unreadable
from mercat.sdk.feeds.archives import Member, head_of
from mercat.sdk.feeds.letters import best_western
from mercat.sdk.feeds.options import MIB

SAMPLE = 64 * 1024
PER_CHUNK = 4 * 1024
HEAD = 4096
STEP = 128 * 1024
# Longest first: the mark of UTF-32 little-endian begins with that of UTF-16. The named codecs consume the mark.
MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
DECLARED = re.compile(rb"""^\s*<\?xml[^>]{0,200}?\sencoding\s*=\s*["']([A-Za-z0-9._:-]{1,40})["']""")
NON_ASCII_LINE = re.compile(rb"[^\r\n]{0,400}[\x80-\xff][^\r\n]{0,400}")
ESCAPED = ((b"\x1b$)C", "iso2022_kr"), (b"\x1b$", "iso2022_jp_2"))
# Supersets read all that the declared encoding can say, and what such files hold in fact (WHATWG Encoding Standard).
SUPERSETS = {
    "iso8859-1": "cp1252",
    "latin-1": "cp1252",
    "ascii": "utf-8",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "shift_jis_2004": "cp932",
    "shift_jisx0213": "cp932",
    "euc_jis_2004": "euc_jp",
    "euc_jisx0213": "euc_jp",
    "euc_kr": "cp949",
    "iso8859-9": "cp1254",
    "tis-620": "cp874",
}
MULTIBYTE = ("cp932", "euc_jp", "gb18030", "big5hkscs", "cp949")


@dataclass(frozen=True)
class Encoding:
    """``name`` is a Python codec that reads the file (and eats its mark, if ``bom``); ``declared``: it said so."""

    name: str
    bom: bool
    declared: bool


class _Scan:
    """One pass over a file: is it UTF-8, and has it the escape sequences of the 7-bit East Asian encodings."""

    def __init__(self) -> None:
        self.valid = True
        self.escape: str | None = None

    def run(self, stream: BinaryIO, chunk: bytes) -> None:
        """From ``chunk`` on to the end, or to the first byte that is no UTF-8."""
        decoder = codecs.getincrementaldecoder("utf-8")()
        try:
            while chunk:
                if self.escape is None and b"\x1b" in chunk:
                    self.escape = next((name for mark, name in ESCAPED if mark in chunk), None)
                decoder.decode(chunk)
                chunk = stream.read(STEP)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            self.valid = False


def _sample(member: Member) -> bytes:
    """The whole of a small file; of a larger one, non-ASCII lines from all over it, 128 KiB at most."""
    samples: list[bytes] = []
    stride = 1
    with member.open() as stream:
        start = stream.read(SAMPLE + 1)
        if len(start) <= SAMPLE:
            return start
        for number, chunk in enumerate(chain([start], iter(lambda: stream.read(MIB), b""))):
            if number % stride or chunk.isascii():
                continue
            samples.append(_non_ascii_lines(chunk))
            # When there is too much, every other one goes, and the stride grows.
            if len(samples) * PER_CHUNK > 4 * SAMPLE:
                samples = samples[::2]
                stride *= 2
    step = max(1, len(samples) * PER_CHUNK // SAMPLE)
    return b"\n".join(samples[::step])[: 2 * SAMPLE]


def _non_ascii_lines(chunk: bytes) -> bytes:
    lines: list[bytes] = []
    size = 0
    for match in NON_ASCII_LINE.finditer(chunk):
        lines.append(match.group())
        size += len(match.group())
        if size > PER_CHUNK:
            break
    return b"\n".join(lines)


def detect_encoding(member: Member) -> Encoding:
    """How ``member`` is encoded, judged on all of it; 64 KiB of sample, so memory does not grow with the file.

    Raises ``Unreadable`` where the member itself cannot be read. Where UTF-8 has some stray bytes in it, the answer
    is still UTF-8: readers repair those bytes one by one.
    """
    with member.open() as stream:
        head = stream.read(HEAD)
        marked = next((name for mark, name in MARKS if head.startswith(mark)), None)
        if marked is not None and marked != "utf-8-sig":
            return Encoding(marked, bom=True, declared=False)
        declared = _declared(head)
        wide = _wide(head)
        if wide is not None:
            return Encoding(wide, bom=False, declared=declared is not None)
        scan = _Scan()
        scan.run(stream, head)
    if marked is not None:
        return Encoding(marked, bom=True, declared=False)
    if declared is not None and _reads(member, declared):
        return Encoding(declared, bom=False, declared=True)
    return Encoding(_judge(member, scan), bom=False, declared=False)


def codec_name(stated: str, *, member: str) -> str:
    """The Python codec for a stated encoding. Raises ``Unreadable`` if there is none of that name."""
    try:
        return codecs.lookup(stated).name
    except LookupError as error:
        raise Unreadable(f"{member}: no encoding is called {stated!r}; try utf-8, cp1252 or leave it out") from error


def encoding_for(member: Member, stated: str | None) -> str:
    """The codec to read ``member`` with: the stated one, else the detected one. Raises ``Unreadable``."""
    if stated is None:
        return detect_encoding(member).name
    name = codec_name(stated, member=member.name)
    return "utf-8-sig" if name == "utf-8" and head_of(member).startswith(codecs.BOM_UTF8) else name


def encoding_of_head(head: bytes) -> str:
    """A codec that makes out the first bytes of a file well enough to see its format."""
    marked = next((name for mark, name in MARKS if head.startswith(mark)), None)
    return marked or _wide(head[:HEAD]) or ("utf-8" if _decodes(head, "utf-8") else "cp1252")


def _declared(head: bytes) -> str | None:
    match = DECLARED.match(head.removeprefix(codecs.BOM_UTF8))
    if match is None:
        return None
    try:
        name = codecs.lookup(match.group(1).decode("ascii")).name
    except LookupError:
        return None
    # "UTF-16" in a declaration that we can read as ASCII is not true.
    return None if name.startswith(("utf-16", "utf-32", "utf_16", "utf_32")) else SUPERSETS.get(name, name)


def _wide(head: bytes) -> str | None:
    """UTF-16 or UTF-32 without a mark, by where the zero bytes stand."""
    quarter = len(head) // 4
    if quarter < 1 or b"\x00" not in head:
        return None
    zeros = [head[offset : quarter * 4 : 4].count(0) / quarter for offset in range(4)]
    if zeros[3] > 0.9 and zeros[2] > 0.5 and zeros[0] < 0.5:
        return "utf-32-le"
    if zeros[0] > 0.9 and zeros[1] > 0.5 and zeros[3] < 0.5:
        return "utf-32-be"
    even, odd = (zeros[0] + zeros[2]) / 2, (zeros[1] + zeros[3]) / 2
    # A few stray zeros in a short file may all stand in even places by chance.
    least = 0.5 if len(head) < 256 else 0.2
    for name, full, bare in (("utf-16-le", odd, even), ("utf-16-be", even, odd)):
        if full > least and bare < 0.05 * full and _decodes(head[: quarter * 4 - 4], name):
            return name
    return None


def _decodes(data: bytes, name: str) -> bool:
    try:
        codecs.getincrementaldecoder(name)().decode(data)
    except (UnicodeError, LookupError):
        return False
    return True


def _reads(member: Member, name: str) -> bool:
    """Whether every byte of the member fits the codec; a stream with a constant amount of memory."""
    try:
        decoder = codecs.getincrementaldecoder(name)()
        with member.open() as stream:
            while chunk := stream.read(MIB):
                decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except (UnicodeError, LookupError):
        return False
    return True


def _judge(member: Member, scan: _Scan) -> str:
    if scan.escape is not None and scan.valid and _reads(member, scan.escape):
        return scan.escape
    if scan.valid:
        return "utf-8"
    sample = _sample(member)
    if _mostly_utf8(sample):
        return "utf-8"
    western = best_western(sample)
    if western is not None:
        return western
    best = from_bytes(sample).best()
    guess = SUPERSETS.get(codecs.lookup(best.encoding).name, best.encoding) if best is not None else None
    if guess is not None and (guess not in MULTIBYTE or _reads(member, guess)):
        return guess
    return _fewest_faults(sample)


VALID_PAIR = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
HIGH = re.compile(rb"[\x80-\xff]")


def _mostly_utf8(sample: bytes) -> bool:
    """UTF-8 with some stray bytes of another encoding in it: files glued together, or cut off in a character."""
    rest, sequences = VALID_PAIR.subn(b"", sample)
    return sequences > 2 * len(HIGH.findall(rest))


def _fewest_faults(sample: bytes) -> str:
    """An East Asian encoding that reads all but a few hundredths of the sample, else cp1252."""
    high = max(1, len(HIGH.findall(sample)))
    faults = {name: sample.decode(name, "replace").count("\ufffd") / high for name in MULTIBYTE}
    best = min(faults, key=lambda name: faults[name])
    return best if faults[best] < 0.02 else "cp1252"
