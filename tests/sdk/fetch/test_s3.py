"""Objects of a bucket, from the sandbox's S3 server with faults of the test's own."""

import datetime as dt
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import quote

import pytest

from mercat.sandbox.feeds import Login
from mercat.sandbox.feeds.s3 import S3Handler, s3_serving
from mercat.sdk.errors import RateLimited, Rejected, Unauthorized, Unavailable
from mercat.sdk.fetch import FetchOptions, Pace, RemoteFile, fetch, list_files

from .conftest import Waits

BODY = bytes(range(256)) * 20_000
ID, SECRET = "AKIDEXAMPLE", "geheim/+="


@dataclass
class Store:
    """Objects in memory, and what goes wrong with them. Keys are the older, the later they stand in the alphabet."""

    objects: dict[str, bytes] = field(default_factory=dict)
    faults: list[int] = field(default_factory=list)
    cut: list[int] = field(default_factory=list)
    seen: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    public: bool = False
    port: int = 0

    def keys(self) -> list[str]:
        return list(self.objects)

    def body(self, key: str) -> bytes:
        return self.objects[key]

    def etag(self, key: str) -> str:
        return f'"{hashlib.md5(self.objects[key]).hexdigest()}"'

    def modified(self, key: str) -> dt.datetime:
        place = sorted(self.objects, reverse=True).index(key)
        return dt.datetime(2026, 10, 5, 10, tzinfo=dt.UTC) + dt.timedelta(seconds=place)


class Faulty(S3Handler):
    """Fails when the store says so, and breaks off what it sends."""

    objects: Store

    def do_GET(self) -> None:  # noqa: N802  # http.server calls it so
        store = self.objects
        self.public = store.public
        store.seen.append((self.command, self.path, dict(self.headers)))
        if store.faults:
            status = store.faults.pop(0)
            self.refuse(status, {503: "SlowDown", 301: "PermanentRedirect"}.get(status, "InternalError"))
        else:
            super().do_GET()

    def write(self, body: bytes, status: int) -> None:
        cut = self.objects.cut.pop(0) if self.objects.cut and status < 300 else None
        self.wfile.write(body[:cut])
        self.close_connection = cut is not None


@pytest.fixture
def store() -> Iterator[Store]:
    store = Store()
    for name in ["in/a.csv", "in/b.csv", "in/notes.txt", "in/deeper/c.csv", "in/größe 1+2.csv", "top.csv"]:
        store.objects[name] = BODY
    with s3_serving(store, bucket="feeds-bucket", login=Login(ID, SECRET), handler=Faulty) as store.port:
        yield store


@pytest.fixture
def login(options: FetchOptions, store: Store) -> FetchOptions:
    return replace(options, username=ID, password=SECRET, s3_endpoint=f"http://127.0.0.1:{store.port}")


@pytest.mark.parametrize(
    ("place", "names"),
    [
        ("/in/*.csv", ["größe 1+2.csv", "b.csv", "a.csv"]),
        ("/in/", ["notes.txt", "größe 1+2.csv", "b.csv", "a.csv"]),
        ("/in", ["notes.txt", "größe 1+2.csv", "b.csv", "a.csv"]),
        ("/in/a.csv", ["a.csv"]),
        ("/in/gr%C3%B6%C3%9Fe 1+2.csv", ["größe 1+2.csv"]),
        ("", ["top.csv"]),
        ("/t*", ["top.csv"]),
    ],
)
def test_files_are_found_and_fetched(*, tmp_path: Path, login: FetchOptions, pace: Pace, place: str, names: list[str]):
    files = list_files(f"s3://feeds-bucket{place}", login)
    assert [file.name for file in files] == names
    assert {file.size for file in files} == {len(BODY)}
    assert all((file.modified or "").startswith("2026-10-05T10:00:") for file in files)
    path = fetch(f"s3://feeds-bucket{place}", files[0], tmp_path, login, pace=pace)
    assert path.read_bytes() == BODY
    assert path.name == names[0]


def test_a_broken_transfer_is_resumed(store: Store, tmp_path: Path, login: FetchOptions, pace: Pace, waits: Waits):
    remote = RemoteFile("a.csv", None, None, "in/a.csv")
    store.cut = [3_000_000]
    assert fetch("s3://feeds-bucket/in/a.csv", remote, tmp_path, login, pace=pace).read_bytes() == BODY
    ranges = [headers["range"] for method, _, headers in lowered(store) if method == "GET" and "range" in headers]
    assert len(ranges) == 1
    assert ranges[0] != "bytes=0-"
    assert len(waits.seconds) == 1


def lowered(store: Store):
    return [
        (method, path, {name.lower(): value for name, value in headers.items()}) for method, path, headers in store.seen
    ]


def test_a_part_of_another_version_is_never_joined(store: Store, tmp_path: Path, login: FetchOptions, pace: Pace):
    remote = RemoteFile("a.csv", None, None, "in/a.csv")
    store.cut = [3_000_000]
    with pytest.raises(Unavailable):
        fetch("s3://feeds-bucket/in/a.csv", remote, tmp_path, replace(login, attempts=1), pace=pace)
    assert (tmp_path / "a.csv.part").stat().st_size > 0
    store.objects["in/a.csv"] = BODY[::-1]
    assert fetch("s3://feeds-bucket/in/a.csv", remote, tmp_path, login, pace=pace).read_bytes() == BODY[::-1]


def test_a_part_that_is_already_whole_is_only_put_in_its_place(
    store: Store, tmp_path: Path, login: FetchOptions, pace: Pace
):
    (tmp_path / "a.csv.part").write_bytes(BODY)
    (tmp_path / "a.csv.part-of").write_text(store.etag("in/a.csv"))
    remote = RemoteFile("a.csv", None, None, "in/a.csv")
    assert fetch("s3://feeds-bucket/in/a.csv", remote, tmp_path, login, pace=pace).read_bytes() == BODY
    assert {method for method, _, _ in store.seen} == {"HEAD"}


def test_an_empty_object_arrives(store: Store, tmp_path: Path, login: FetchOptions, pace: Pace):
    store.objects["in/empty.csv"] = b""
    (remote,) = list_files("s3://feeds-bucket/in/empty.csv", login)
    assert fetch("s3://feeds-bucket/in/empty.csv", remote, tmp_path, login, pace=pace).read_bytes() == b""


def test_a_wrong_secret_is_said_at_once_and_not_shown(login: FetchOptions, pace: Pace, waits: Waits):
    given = replace(login, username=None, password=None)
    with pytest.raises(Unauthorized, match="access key") as caught:
        list_files(f"s3://{ID}:fa1sch@feeds-bucket/in/", given, pace=pace)
    assert "fa1sch" not in str(caught.value)
    assert waits.seconds == []
    assert list_files(f"s3://{ID}:{quote(SECRET, '')}@feeds-bucket/in/", given, pace=pace)


def test_a_public_bucket_needs_no_key(store: Store, login: FetchOptions):
    store.public = True
    assert list_files("s3://feeds-bucket/in/", replace(login, username=None, password=None))


def test_keys_of_the_environment_are_not_used(store: Store, login: FetchOptions, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", ID)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setenv("AWS_SESSION_TOKEN", "elsewhere")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    assert list_files("s3://feeds-bucket/in/", login)
    assert not any("x-amz-security-token" in headers for _, _, headers in lowered(store))
    with pytest.raises(Unauthorized):
        list_files("s3://feeds-bucket/in/", replace(login, username=None, password=None))


@pytest.mark.parametrize("path", ["/in/none.csv", "/none/", "/in/*.xml", "/i*/a.csv", "/in//x.csv"])
def test_what_is_not_there_is_refused(login: FetchOptions, path: str):
    with pytest.raises(Rejected):
        list_files(f"s3://feeds-bucket{path}", login)


@pytest.mark.parametrize(
    ("status", "kind", "wait"), [(429, RateLimited, 5.0), (503, RateLimited, 5.0), (500, Unavailable, 1.0)]
)
def test_a_busy_store_is_tried_again(
    *, store: Store, login: FetchOptions, pace: Pace, waits: Waits, status: int, kind: type[Exception], wait: float
):
    store.faults = [status]
    assert list_files("s3://feeds-bucket/in/", login, pace=pace)
    assert waits.seconds == [wait]
    store.faults = [status] * 4
    with pytest.raises(kind):
        list_files("s3://feeds-bucket/in/", login, pace=pace)


def test_a_bucket_of_another_region_says_which_setting_mends_it(store: Store, login: FetchOptions):
    store.faults = [301]
    with pytest.raises(Rejected, match="s3_region"):
        list_files("s3://feeds-bucket/in/", login)


@pytest.mark.parametrize("endpoint", ["ftp://127.0.0.1", "127.0.0.1:9000", "http://anna:x@127.0.0.1", "http://"])
def test_an_endpoint_that_is_no_address_is_refused(login: FetchOptions, endpoint: str):
    with pytest.raises(Rejected, match="endpoint"):
        list_files("s3://feeds-bucket/in/", replace(login, s3_endpoint=endpoint))


def test_a_ca_file_that_is_none_is_refused(login: FetchOptions, tmp_path: Path):
    for path in (tmp_path / "none.pem", tmp_path / "empty.pem"):
        (tmp_path / "empty.pem").write_text("no certificate")
        with pytest.raises(Rejected, match="CA file"):
            list_files("s3://feeds-bucket/in/", replace(login, ca_file=path))


def test_this_machine_is_not_reached_without_leave(store: Store, login: FetchOptions):
    with pytest.raises(Rejected, match="private"):
        list_files("s3://feeds-bucket/in/", replace(login, allow_private=False))
    assert store.seen == []
