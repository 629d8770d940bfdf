import io
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mercat.sdk.feeds import Encoding, Member, ReadOptions, detect_encoding
from tests.sdk.feeds.reading import cells, feed_file, the_table
from tests.shared_data import ROOT


def _member(content: bytes) -> Member:
    return Member("feed.txt", len(content), lambda: io.BytesIO(content))


FRENCH = "Désignation;Prix\nCâble d'alimentation 2 mètres – noir;12,50 €\nÉcran à cristaux liquides;199,00 €\n"
PLAIN = "a,b\n1,2\n" * 2000


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"a,b\n", Encoding("utf-8", bom=False, declared=False)),
        (FRENCH.encode(), Encoding("utf-8", bom=False, declared=False)),
        (FRENCH.encode("utf-8-sig"), Encoding("utf-8-sig", bom=True, declared=False)),
        (FRENCH.encode("utf-16"), Encoding("utf-16", bom=True, declared=False)),
        (FRENCH.encode("utf-32"), Encoding("utf-32", bom=True, declared=False)),
        (FRENCH.encode("utf-16-le"), Encoding("utf-16-le", bom=False, declared=False)),
        (FRENCH.encode("utf-16-be"), Encoding("utf-16-be", bom=False, declared=False)),
        (FRENCH.encode("utf-32-be"), Encoding("utf-32-be", bom=False, declared=False)),
        (FRENCH.encode("cp1252"), Encoding("cp1252", bom=False, declared=False)),
        (PLAIN.encode() * 40 + "Gerät ½ Zoll®".encode("latin-1"), Encoding("cp1252", bom=False, declared=False)),
        (PLAIN.encode() * 40 + "Gerät ½ Zoll®".encode(), Encoding("utf-8", bom=False, declared=False)),
        (b'<?xml version="1.0" encoding="ISO-8859-1"?><a>\xe9</a>', Encoding("cp1252", bom=False, declared=True)),
        (b'<?xml version="1.0" encoding="utf-8"?><a>caf\xe9 noir</a>', Encoding("cp1252", bom=False, declared=False)),
        ("商品名,価格\nインクカートリッジ,1200\n".encode("cp932") * 20, Encoding("cp932", bom=False, declared=False)),
        ("название;цена\nбумага офисная;250\n".encode("cp1251") * 20, Encoding("cp1251", bom=False, declared=False)),
    ],
)  # fmt: skip
def test_encodings_are_told_apart(content: bytes, expected: Encoding) -> None:
    assert detect_encoding(_member(content)) == expected


def test_stray_bytes_in_utf8_are_read_as_browsers_do(tmp_path: Path) -> None:
    good = "Größe,Käse,Löffel\n" * 50
    table = the_table(feed_file(tmp_path, good.encode() + "Maß,5 €,“x”\n".encode("cp1252")), ReadOptions(header=False))
    assert table.encoding == "utf-8"
    assert cells(table)[-1] == ["Maß", "5 €", "“x”"]


def test_a_file_cut_in_the_middle_of_a_character_is_still_utf8() -> None:
    content = ("Größe,Käse\n" * 50).encode()[:-3]
    assert detect_encoding(_member(content)).name == "utf-8"


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=300), st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32"]))
def test_unicode_is_never_mistaken(text: str, encoding: str) -> None:
    content = text.encode(encoding, "replace")
    if encoding == "utf-8" and ("\x00" in text or "\x1b" in text or text.startswith("\ufeff")):
        return  # may be other things by the same bytes
    assert content.decode(detect_encoding(_member(content)).name) == content.decode(encoding)


CODECS = {"TIS-620": "tis_620", "IBM866": "cp866", "IBM855": "cp855", "MacCyrillic": "mac_cyrillic"}
# Read with the superset that browsers use under the same name; it differs in a few signs (WHATWG Encoding Standard).
SUPERSET = {
    "SHIFT_JIS__blog.paseri.ne.jp.xml",
    "SHIFT_JIS__bloglelife.com.xml",
    "TIS-620__pharmacy.kku.ac.th.healthinfo-ne.xml",
}
# Python has no codec for it, so there is no right answer to compare with.
NO_CODEC = {"EUC-TW___ude_euc-tw1.txt"}
# Without their XML declaration, two more are taken for the neighbour that differs in one letter or sign.
AMBIGUOUS = {"IBM866__aviaport.ru.xml", "iso-8859-7-greek__disabled.gr.xml"}
FILES = sorted(path for path in (ROOT / "data/hostile/encodings").glob("*__*") if path.is_file())


def _misread(content: bytes, name: str) -> bool:
    stated = name.split("__", maxsplit=1)[0]
    short = re.match(r"windows-\d+|iso-8859-\d+", stated)
    right = CODECS.get(stated, short.group() if short else stated)
    found = detect_encoding(_member(content)).name
    return content.decode(found, "mercat-repair") != content.decode(right)


@pytest.mark.shared
@pytest.mark.parametrize("declared", [True, False], ids=["as they are", "without declarations"])
def test_real_files_in_49_encodings(declared: bool) -> None:
    if not FILES:
        pytest.skip(f"needs the real data at {ROOT}")
    misread = set()
    for path in FILES:
        content = path.read_bytes()
        if not declared:
            content = re.sub(rb"""encoding=["'][^"']+["']""", b"", content, count=1)
        if path.name in NO_CODEC or _misread(content, path.name):
            misread.add(path.name)
    assert len(FILES) == 86
    # 82 of 86 exactly as they are; 80 of 86 where nothing but the bytes tells.
    assert misread == NO_CODEC | SUPERSET | (set() if declared else AMBIGUOUS)
