import bz2
import gzip
import io
import lzma
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from mercat.sdk.errors import Unreadable
from mercat.sdk.feeds import ReadLimits, ReadOptions, open_members, read
from mercat.sdk.roles import FeedFile
from tests.sdk.feeds.reading import cells, feed_file, the_table
from tests.shared_data import ROOT

CSV = b"sku,price\nA1,1.50\nA2,2.50\n"


def zipped(**members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", ".").replace("_in_", "/"), content)
    return out.getvalue()


def content_of(file: FeedFile, options: ReadOptions | None = None) -> dict[str, bytes]:
    found = {}
    for part in open_members(file, options or ReadOptions()):
        with part.open() as stream:
            found[part.name] = stream.read()
    return found


@pytest.mark.parametrize(
    ("name", "content", "inside"),
    [
        ("feed.csv", CSV, "feed.csv"),
        ("feed.csv.gz", gzip.compress(CSV), "feed.csv.gz/feed.csv"),
        ("feed.csv.gz", gzip.compress(CSV[:9]) + gzip.compress(CSV[9:]), "feed.csv.gz/feed.csv"),
        ("feed.bz2", bz2.compress(CSV), "feed.bz2/feed"),
        ("feed.xz", lzma.compress(CSV), "feed.xz/feed"),
        ("wrong-name.txt", gzip.compress(CSV), "wrong-name.txt/wrong-name.txt"),
        ("feed.zip", zipped(a__csv=CSV), "feed.zip/a.csv"),
        ("feed.zip", zipped(inner__zip=zipped(a__csv=CSV)), "feed.zip/inner.zip/a.csv"),
        ("feed.zip", zipped(a__csv__gz=gzip.compress(CSV)), "feed.zip/a.csv.gz/a.csv"),
        ("feed.zip.gz", gzip.compress(zipped(a__csv=CSV)), "feed.zip.gz/feed.zip/a.csv"),
    ],
    # gzip writes the time: bytes in a test's name would differ between the processes that share the tests.
    ids=lambda value: value if isinstance(value, str) else "packed",
)
def test_packed_files_are_unpacked(tmp_path: Path, name: str, content: bytes, inside: str) -> None:
    file = feed_file(tmp_path, content, name)
    assert content_of(file) == {inside: CSV}
    table = the_table(file)
    assert (table.name, cells(table)) == (inside, [["A1", "1.50"], ["A2", "2.50"]])


def test_members_stay_readable_after_the_walk(tmp_path: Path) -> None:
    file = feed_file(tmp_path, zipped(a__csv=CSV, inner__zip=zipped(b__csv=CSV)), "feed.zip")
    members = list(open_members(file, ReadOptions()))
    assert [part.name for part in members] == ["feed.zip/a.csv", "feed.zip/inner.zip/b.csv"]
    for part in members:
        for _ in range(2):
            with part.open() as stream:
                assert stream.read() == CSV
        assert part.size == len(CSV)


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [("*.csv", ["a.csv", "deep/b.CSV"]), ("deep/*", ["deep/b.CSV"]), ("b.csv", ["deep/b.CSV"]), ("*.txt", ["c.txt"])],
)
def test_members_are_chosen_by_pattern(tmp_path: Path, pattern: str, expected: list[str]) -> None:
    file = feed_file(tmp_path, zipped(a__csv=CSV, deep_in_b__CSV=CSV, c__txt=b"x"), "feed.zip")
    assert list(content_of(file, ReadOptions(members=pattern))) == [f"feed.zip/{name}" for name in expected]


def test_what_systems_leave_behind_is_left_out(tmp_path: Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in ("__MACOSX/._a.csv", ".DS_Store", "x/.DS_Store", "Thumbs.db", "folder/", "a.csv"):
            archive.writestr(name, CSV)
    assert list(content_of(feed_file(tmp_path, out.getvalue(), "feed.zip"))) == ["feed.zip/a.csv"]


def test_a_picture_beside_the_table_is_left_out(tmp_path: Path) -> None:
    file = feed_file(tmp_path, zipped(logo__png=b"\x89PNG\r\n\x1a\n" + bytes(99), a__csv=CSV, done__ok=b""), "feed.zip")
    assert [table.name for table in read(file)] == ["feed.zip/a.csv"]


def _flag_encrypted(content: bytes) -> bytes:
    return content.replace(b"PK\x01\x02\x14\x03\x14\x00\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01\x00")


def _lie_about_size(content: bytes) -> bytes:
    at = content.index(b"PK\x01\x02") + 24
    return content[:at] + struct.pack("<I", len(CSV) + 1) + content[at + 4 :]


SMALL = ReadLimits(max_expanded_bytes=100_000, max_members=3, max_depth=2)
ZEROS = bytes(30 * 1024 * 1024)


@pytest.mark.parametrize(
    ("name", "make", "limits", "message"),
    [
        ("feed.gz", lambda: gzip.compress(CSV)[:-9], ReadLimits(), r"gz/feed cannot be read as gz .*fetch it again"),
        ("feed.gz", lambda: gzip.compress(CSV)[:-8] + bytes(8), ReadLimits(), r"CRC check failed"),
        ("feed.bz2", lambda: bz2.compress(CSV)[:-9], ReadLimits(), r"feed\.bz2/feed cannot be read as bz2"),
        ("feed.xz", lambda: lzma.compress(CSV)[:-20], ReadLimits(), r"feed\.xz/feed cannot be read as xz"),
        ("feed.zip", lambda: zipped(a__csv=CSV)[:-9], ReadLimits(), r"feed\.zip cannot be read as zip"),
        ("feed.zip", lambda: _lie_about_size(zipped(a__csv=CSV)), ReadLimits(), r"zip/a\.csv cannot be read as zip"),
        ("feed.zip", lambda: _flag_encrypted(zipped(a__csv=CSV)), ReadLimits(), r"a\.csv is encrypted; ask"),
        ("feed.zip", zipped, ReadLimits(), "nothing to read"),
        ("feed.gz", lambda: gzip.compress(ZEROS), ReadLimits(), "200 times its size: it looks like a bomb"),
        ("feed.zip", lambda: zipped(a=ZEROS), ReadLimits(), r"feed\.zip/a unpacks to more than 200 times"),
        ("feed.zip", lambda: zipped(inner__zip=zipped(a=ZEROS)), ReadLimits(), r"inner\.zip/a unpacks to more"),
        ("feed.zip", lambda: zipped(a=bytes(60_000), b=bytes(60_000)), SMALL, "more than 100,000 bytes in all"),
        ("feed.zip", lambda: zipped(a=b"1", b=b"1", c=b"1", d=b"1"), SMALL, "more than 3 files"),
        ("feed.zip", lambda: zipped(a=zipped(b=zipped(c=CSV))), SMALL, r"zip/a/b is packed more than 2 times over"),
    ],
)  # fmt: skip
def test_damage_and_bombs_are_refused(
    tmp_path: Path, name: str, make: Callable[[], bytes], limits: ReadLimits, message: str
) -> None:
    file = feed_file(tmp_path, make(), name)
    with pytest.raises(Unreadable, match=message):
        content_of(file, ReadOptions(limits=limits))


def test_a_member_read_twice_counts_once(tmp_path: Path) -> None:
    file = feed_file(tmp_path, zipped(a=bytes(60_000)), "feed.zip")
    (part,) = open_members(file, ReadOptions(limits=SMALL))
    for _ in range(3):
        with part.open() as stream:
            assert len(stream.read()) == 60_000


def test_a_pattern_that_fits_nothing_says_what_there_is(tmp_path: Path) -> None:
    file = feed_file(tmp_path, zipped(a__csv=CSV), "feed.zip")
    with pytest.raises(Unreadable, match=r"nothing that fits '\*\.xml'; it holds feed\.zip/a\.csv"):
        content_of(file, ReadOptions(members="*.xml"))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"%PDF-1.7 ...", "a PDF document"),
        (b"<!DOCTYPE html><html><body>Please log in</body></html>", "a web page"),
        (b"Rar!\x1a\x07", "a RAR archive"),
        (bytes(range(256)) * 8, "neither a table"),
        (b"", "is empty"),
    ],
)
def test_strangers_are_named(tmp_path: Path, content: bytes, message: str) -> None:
    with pytest.raises(Unreadable, match=message):
        list(read(feed_file(tmp_path, content, "feed.dat")))


# What each of the real ones must do: "" means it is read to its end, else a part of the refusal.
ZIPS = sorted((ROOT / "data/hostile/yauzl").glob("*.zip"))
READ = {
    "NtfsTimestamp", "big-compression", "big-uncompressed", "cygwin-info-zip", "deflate", "directories", "everything",
    "linux-info-zip", "streaming", "unicode", "unix-epoch", "windows-7-zip", "windows-compressed-folder", "zip64",
    "unicode-path-extra-field",
    # Damaged where it does not touch the content, which passes its checksum.
    "compressed_uncompressed_size_mismatch_for_stored_file_2147483647_5",
    "multi-disk_zip_files_are_not_supported_found_disk_number_1",
}  # fmt: skip


@pytest.mark.shared
@pytest.mark.parametrize("path", ZIPS, ids=lambda path: path.stem[:60])
def test_odd_and_broken_zips(path: Path) -> None:
    short = path.stem.split("__", 2)[2]
    found, said = {}, None
    try:
        found = content_of(FeedFile(path.name, path))
    except Unreadable as refusal:
        said = refusal.message
    if said is not None:
        assert short not in READ
        assert path.name in said
        return
    if list(found) == [path.name]:  # its first bytes are no zip's, so it is a file of unknown format
        with pytest.raises(Unreadable, match="zip"):
            list(read(FeedFile(path.name, path)))
        return
    assert short in READ or short.startswith("Invalid_comment_length")
    with zipfile.ZipFile(path) as packed:
        files = [info for info in packed.infolist() if not info.filename.endswith("/")]
    assert sorted(map(zlib.crc32, found.values())) == sorted(info.CRC for info in files)


@pytest.mark.shared
@pytest.mark.parametrize(("name", "evil"), [("zip-slip", "tmp/evil.txt"), ("zip-slip-win", "Temp/evil.txt")])
def test_names_that_climb_out_stay_inside(name: str, evil: str) -> None:
    path = ROOT / f"data/hostile/zip_slip/archives__{name}.zip"
    if not path.exists():
        pytest.skip(f"needs the real data at {path}")
    assert list(content_of(FeedFile("z.zip", path))) == ["z.zip/good.txt", f"z.zip/{evil}"]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd.csv", "etc/passwd.csv"), ("/abs/a.csv", "abs/a.csv"), ("C:\\x\\a.csv", "x/a.csv"),
        ("a/./../b.csv", "a/b.csv"), ("a\x07b.csv", "a?b.csv"), ("..", "nameless"),
    ],
)  # fmt: skip
def test_names_from_archives_are_harmless(tmp_path: Path, name: str, shown: str) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(zipfile.ZipInfo(name), CSV)
    assert list(content_of(feed_file(tmp_path, out.getvalue(), "f.zip"))) == [f"f.zip/{shown}"]
    assert [path.name for path in tmp_path.iterdir()] == ["f.zip"]
