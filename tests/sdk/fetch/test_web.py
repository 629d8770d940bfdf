import gzip
from dataclasses import replace
from pathlib import Path

import pytest

from mercat.core.border import unit_open
from mercat.sdk.errors import RateLimited, Rejected, Unauthorized, Unavailable
from mercat.sdk.fetch import FetchOptions, Pace, RemoteFile, fetch, list_files

from .conftest import Waits
from .web_server import Handler, Page, Site, cut_after, says, serving

BODY = bytes(range(256)) * 4000  # a megabyte: several chunks


def only(location: str, options: FetchOptions) -> RemoteFile:
    (remote,) = list_files(location, options)
    return remote


def bring(site: Site, into: Path, options: FetchOptions, pace: Pace, path: str = "/feed.csv") -> Path:
    return fetch(site.url(path), only(site.url(path), options), into, options, pace=pace)


def test_a_file_is_described_and_arrives_whole(site: Site, tmp_path: Path, options: FetchOptions, pace: Pace):
    site.pages["/feed.csv"] = Page(BODY, etag='"1"')
    remote = only(site.url("/feed.csv"), options)
    assert remote == RemoteFile("feed.csv", len(BODY), "2026-10-05T10:00:00.000000+00:00", site.url("/feed.csv"))
    told: list[tuple[int, int | None]] = []
    path = fetch(
        site.url("/feed.csv"), remote, tmp_path / "new", options, lambda got, size: told.append((got, size)), pace=pace
    )
    assert path == tmp_path / "new" / "feed.csv"
    assert path.read_bytes() == BODY
    assert [file.name for file in path.parent.iterdir()] == ["feed.csv"]
    assert told[0] == (0, len(BODY))
    assert told[-1] == (len(BODY), len(BODY))
    assert told == sorted(told)


def test_an_empty_file_and_one_without_a_length_arrive_too(
    site: Site, tmp_path: Path, options: FetchOptions, pace: Pace
):
    site.pages["/empty.csv"] = Page(b"")
    assert bring(site, tmp_path, options, pace, "/empty.csv").read_bytes() == b""
    site.pages["/stream.csv"] = Page(b"", modified=None)

    def stream(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        handler.wfile.write(b"3\r\na,b\r\n3\r\n1,2\r\n0\r\n\r\n")

    remote = only(site.url("/stream.csv"), options)
    site.faults = [stream]
    assert fetch(site.url("/stream.csv"), remote, tmp_path, options, pace=pace).read_bytes() == b"a,b1,2"


@pytest.mark.parametrize(
    ("path", "headers", "name"),
    [
        ("/prices%20new.csv", {}, "prices new.csv"),
        ("/get?file=7", {"Content-Disposition": 'attachment; filename="stock.zip"'}, "stock.zip"),
        ("/get?file=8", {"Content-Disposition": "attachment; filename*=UTF-8''Gr%C3%B6%C3%9Fen.csv"}, "Größen.csv"),
        ("/", {}, "127.0.0.1"),
    ],
)
def test_the_name_comes_from_the_answer_then_the_address(
    site: Site, options: FetchOptions, path: str, headers: dict[str, str], name: str
):
    site.pages[path] = Page(b"x", headers=headers)
    assert only(site.url(path), options).name == name


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "..", "/abs", "a/b\\c.csv", ".hidden", "x\x00y", "ö" * 300, "CON:"]
)
def test_a_hostile_name_stays_inside_the_folder(
    site: Site, tmp_path: Path, options: FetchOptions, pace: Pace, name: str
):
    site.pages["/f"] = Page(b"x")
    into = tmp_path / "in"
    path = fetch(site.url("/f"), RemoteFile(name, 1, None, ""), into, options, pace=pace)
    assert path.parent == into
    assert [file.name for file in into.iterdir()] == [path.name]
    assert [file.name for file in tmp_path.iterdir()] == ["in"]


def test_a_server_that_refuses_head_is_asked_for_one_byte(site: Site, options: FetchOptions):
    site.pages["/feed.csv"] = Page(BODY, knows_head=False)
    assert only(site.url("/feed.csv"), options).size == len(BODY)
    assert site.gets()[0]["Range"] == "bytes=0-0"


def test_a_broken_transfer_is_resumed_where_it_broke(
    site: Site, tmp_path: Path, options: FetchOptions, pace: Pace, waits: Waits
):
    site.pages["/feed.csv"] = Page(BODY, etag='"1"')
    site.faults = [cut_after(300_000), cut_after(200_000)]
    assert bring(site, tmp_path, options, pace).read_bytes() == BODY
    assert [got.get("Range") for got in site.gets()] == [None, "bytes=300000-", "bytes=500000-"]
    assert site.gets()[1]["If-Range"] == '"1"'
    assert waits.seconds == [1.0, 2.0]


def test_an_earlier_process_leaves_a_part_that_is_resumed(
    site: Site, tmp_path: Path, options: FetchOptions, pace: Pace
):
    site.pages["/feed.csv"] = Page(BODY, etag='"1"')
    site.faults = [cut_after(300_000)]
    with pytest.raises(Unavailable):
        bring(site, tmp_path, replace(options, attempts=1), pace)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["feed.csv.part", "feed.csv.part-of"]
    assert bring(site, tmp_path, options, pace).read_bytes() == BODY
    assert site.gets()[-1]["Range"] == "bytes=300000-"


def test_a_part_of_another_version_is_never_joined(site: Site, tmp_path: Path, options: FetchOptions, pace: Pace):
    site.pages["/feed.csv"] = Page(BODY, etag='"1"')
    site.faults = [cut_after(300_000)]
    with pytest.raises(Unavailable):
        bring(site, tmp_path, replace(options, attempts=1), pace)
    other = BODY[::-1]
    site.pages["/feed.csv"] = Page(other, etag='"2"')
    assert bring(site, tmp_path, options, pace).read_bytes() == other


def test_a_part_without_a_known_version_is_thrown_away(site: Site, tmp_path: Path, options: FetchOptions, pace: Pace):
    site.pages["/feed.csv"] = Page(BODY, etag=None, modified=None)
    site.faults = [cut_after(300_000)]
    assert bring(site, tmp_path, options, pace).read_bytes() == BODY
    assert [got.get("Range") for got in site.gets()] == [None, None]


def test_a_weak_etag_is_not_used_to_resume(site: Site, tmp_path: Path, options: FetchOptions, pace: Pace):
    site.pages["/feed.csv"] = Page(BODY, etag='W/"1"', modified=None)
    site.faults = [cut_after(300_000)]
    assert bring(site, tmp_path, options, pace).read_bytes() == BODY
    assert site.gets()[1].get("Range") is None


def test_a_server_that_cannot_resume_sends_it_all_again(site: Site, tmp_path: Path, options: FetchOptions, pace: Pace):
    site.pages["/feed.csv"] = Page(BODY, etag='"1"', resumes=False)
    site.faults = [cut_after(300_000)]
    assert bring(site, tmp_path, options, pace).read_bytes() == BODY


def test_a_part_that_is_already_whole_is_only_put_in_its_place(
    site: Site, tmp_path: Path, options: FetchOptions, pace: Pace
):
    site.pages["/feed.csv"] = Page(BODY, etag='"1"')
    (tmp_path / "feed.csv.part").write_bytes(BODY)
    (tmp_path / "feed.csv.part-of").write_text('"1"')
    assert bring(site, tmp_path, options, pace).read_bytes() == BODY
    assert [got.get("Range") for got in site.gets()] == [f"bytes={len(BODY)}-"]


def test_a_server_may_be_broken_for_a_while(
    site: Site, tmp_path: Path, options: FetchOptions, pace: Pace, waits: Waits
):
    site.pages["/feed.csv"] = Page(BODY)
    site.faults = [says(500), says(502), says(503)]
    assert bring(site, tmp_path, options, pace).read_bytes() == BODY
    assert waits.seconds == [1.0, 2.0, 4.0]


def test_the_wait_that_a_server_asks_for_is_kept(
    site: Site, tmp_path: Path, options: FetchOptions, pace: Pace, waits: Waits
):
    site.pages["/feed.csv"] = Page(BODY)
    date = "Mon, 05 Oct 2026 10:00:00 GMT"
    site.faults = [
        says(429, Retry_After="7"),
        says(503, Retry_After="11"),
        says(429, Retry_After="Mon, 05 Oct 2026 10:00:42 GMT", Date=date),
    ]
    assert bring(site, tmp_path, options, pace).read_bytes() == BODY
    assert waits.seconds[:2] == [7.0, 11.0]
    assert len(waits.seconds) == 3


def test_a_wait_too_long_is_left_to_the_caller(
    site: Site, tmp_path: Path, options: FetchOptions, pace: Pace, waits: Waits
):
    site.pages["/feed.csv"] = Page(BODY)
    remote = only(site.url("/feed.csv"), options)
    site.faults = [says(429, Retry_After="3600")]
    with pytest.raises(RateLimited) as caught:
        fetch(site.url("/feed.csv"), remote, tmp_path, options, pace=pace)
    assert caught.value.after_s == 3600
    assert waits.seconds == []


def test_attempts_end_but_progress_renews_them(site: Site, tmp_path: Path, options: FetchOptions, pace: Pace):
    site.pages["/feed.csv"] = Page(BODY)
    site.faults = [says(500)] * 4
    with pytest.raises(Unavailable):
        bring(site, tmp_path, options, pace)
    big = BODY * 8
    site.pages["/big.csv"] = Page(big, etag='"b"')
    site.faults = [cut_after(2**20 + 1)] * 7
    assert bring(site, tmp_path, options, pace, "/big.csv").read_bytes() == big


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, Unauthorized),
        (403, Unauthorized),
        (404, Rejected),
        (410, Rejected),
        (408, Unavailable),
        (500, Unavailable),
    ],
)
def test_a_refusal_is_named_by_what_mends_it(
    site: Site, options: FetchOptions, pace: Pace, status: int, kind: type[Exception]
):
    site.pages["/feed.csv"] = Page(status=status)
    with pytest.raises(kind, match=str(status)):
        list_files(site.url("/feed.csv"), options, pace=pace)


def test_a_growing_file_is_waited_for(site: Site, tmp_path: Path, options: FetchOptions, pace: Pace, waits: Waits):
    page = site.pages["/feed.csv"] = Page(b"a")

    def grow() -> None:
        page.body += b"b"
        page.modified = "Mon, 05 Oct 2026 10:00:07 GMT"

    remote = only(site.url("/feed.csv"), options)
    waits.meanwhile = [grow, grow]
    assert (
        fetch(site.url("/feed.csv"), remote, tmp_path, replace(options, settle_s=3), pace=pace).read_bytes() == b"abb"
    )
    assert waits.seconds == [3, 3, 3]


def test_a_file_that_never_rests_is_left_for_later(
    site: Site, tmp_path: Path, options: FetchOptions, pace: Pace, waits: Waits
):
    page = site.pages["/feed.csv"] = Page(b"a")
    remote = only(site.url("/feed.csv"), options)

    def grow() -> None:
        page.body += b"b"

    waits.meanwhile = [grow] * 1000
    with pytest.raises(Unavailable, match="still being written"):
        fetch(site.url("/feed.csv"), remote, tmp_path, replace(options, settle_s=1), pace=pace)
    assert not list(tmp_path.iterdir())


def test_an_answer_made_at_each_request_is_not_waited_for(
    site: Site, tmp_path: Path, options: FetchOptions, pace: Pace, waits: Waits
):
    site.pages["/export"] = Page(BODY, modified=None)
    bring(site, tmp_path, replace(options, settle_s=5), pace, "/export")
    assert waits.seconds == []


@pytest.mark.parametrize("declared", [True, False])
def test_a_body_over_the_bound_is_refused_and_kept_small(
    *, site: Site, tmp_path: Path, options: FetchOptions, pace: Pace, declared: bool
):
    site.pages["/feed.csv"] = Page(BODY, modified=None)
    small = replace(options, max_bytes=100_000)
    remote = RemoteFile("feed.csv", None, None, "")

    def endless(handler: Handler) -> None:
        handler.send_response(200)
        handler.end_headers()
        while True:
            handler.wfile.write(b"x" * 65536)

    site.pages["/feed.csv"].knows_head = declared
    if not declared:
        site.faults = [endless, endless]
    with pytest.raises(Rejected, match="100000 bytes"):
        fetch(site.url("/feed.csv"), remote, tmp_path, small, pace=pace)
    assert not (tmp_path / "feed.csv").exists()
    assert all(file.stat().st_size <= 200_000 for file in tmp_path.iterdir())


def test_compression_on_the_way_is_not_asked_for_and_files_stay_compressed(
    site: Site, tmp_path: Path, options: FetchOptions, pace: Pace
):
    packed = gzip.compress(BODY)
    site.pages["/feed.csv.gz"] = Page(packed, headers={"Content-Encoding": "gzip"})
    assert bring(site, tmp_path, options, pace, "/feed.csv.gz").read_bytes() == packed
    assert {headers["Accept-Encoding"] for headers in site.gets()} == {"identity"}


@pytest.mark.parametrize("by_options", [True, False])
def test_a_login_is_sent_and_never_shown(
    *, site: Site, options: FetchOptions, pace: Pace, by_options: bool, caplog: pytest.LogCaptureFixture
):
    caplog.set_level("DEBUG")
    site.pages["/feed.csv"] = Page(BODY)
    location = site.url("/feed.csv?token=t0psecret", host="anna:gehe1m%40@127.0.0.1")
    if by_options:
        location = site.url("/feed.csv?token=t0psecret")
        options = replace(options, username="anna", password="gehe1m@")
    assert "gehe1m" not in repr(options)
    with pytest.raises(Rejected) as caught:
        list_files(location, options, pace=pace)
    assert site.seen[0][2]["Authorization"] == "Basic YW5uYTpnZWhlMW1A"
    shown = str(caught.value) + caplog.text
    for secret in ("gehe1m", "t0psecret", "YW5uYTpnZWhlMW1A"):
        assert secret not in shown


@pytest.mark.parametrize("location", ["http://127.0.0.1:9/a/*.csv", "http://127.0.0.1:9/f[12].csv"])
def test_the_web_knows_no_patterns(location: str, options: FetchOptions):
    with pytest.raises(Rejected, match="pattern"):
        list_files(location, options)


def test_nobody_there_is_unavailable(options: FetchOptions, pace: Pace, waits: Waits):
    with serving() as gone:
        url = gone.url("/feed.csv")
    with pytest.raises(Unavailable):
        list_files(url, options, pace=pace)
    assert waits.seconds == [1.0, 2.0, 4.0]


@pytest.mark.parametrize("scheme", ["http", "https", "ftp", "ftps", "sftp", "s3"])
def test_no_protocol_runs_inside_an_open_unit(scheme: str, options: FetchOptions):
    with unit_open(), pytest.raises(RuntimeError, match="inside an open unit"):
        list_files(f"{scheme}://anna:x@127.0.0.1/feed.csv", options)
