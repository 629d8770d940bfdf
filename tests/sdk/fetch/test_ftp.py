"""Real FTP servers on loopback: with MLSD and without, plain and over TLS."""

import os
import socket
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

import pytest

from mercat.sdk.errors import Rejected, Unauthorized, Unavailable
from mercat.sdk.fetch import FetchOptions, Pace, RemoteFile, fetch, list_files

from .conftest import Waits
from .ftp_server import ftp_serving, without

BODY = bytes(range(256)) * 8000


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "served"
    (folder / "feeds" / "archive").mkdir(parents=True)
    for number, name in enumerate(["b.csv", "a.csv", "notes.txt", ".hidden", "new.csv.part"]):
        path = folder / "feeds" / name
        path.write_bytes(BODY)
        os.utime(path, (1_790_000_000 + 60 * number,) * 2)
    return folder


@pytest.fixture
def login(options: FetchOptions) -> FetchOptions:
    return replace(options, username="anna", password="geheim")


MANNERS = {
    "MLSD": {},
    "NLST": without("MLSD", "MLST"),
    "NLST without SIZE and MDTM": without("MLSD", "MLST", "SIZE", "MDTM"),
}


@pytest.mark.parametrize("manners", MANNERS.values(), ids=MANNERS.keys())
@pytest.mark.parametrize("place", ["feeds/*.csv", "/feeds/*.csv", "feeds/%61.csv", "feeds", "feeds/"])
def test_files_are_found_and_fetched(
    *, root: Path, tmp_path: Path, login: FetchOptions, pace: Pace, manners: dict[str, Any], place: str
):
    bare = "SIZE" not in manners.get("proto_cmds", {"SIZE"})
    with ftp_serving(root, **manners) as port:
        location = f"ftp://127.0.0.1:{port}/{place}"
        files = list_files(location, login)
        names = {file.name for file in files}
        expected = {"feeds/%61.csv": {"a.csv"}, "feeds": {"a.csv", "b.csv", "notes.txt"}}
        expected["feeds/"] = expected["feeds"]
        # A server that tells neither kinds nor sizes cannot say which name is a folder.
        assert names - {"archive"} == expected.get(place, {"a.csv", "b.csv"})
        assert bare or "archive" not in names
        by_name = {file.name: file for file in files}
        assert bare or by_name["a.csv"] == RemoteFile(
            "a.csv", len(BODY), "2026-09-21T14:14:20.000000+00:00", by_name["a.csv"].reference
        )
        assert bare or len(files) < 2 or files[0].name == "b.csv"  # the oldest first
        path = fetch(location, by_name["a.csv"], tmp_path / "in", login, pace=pace)
    assert path.read_bytes() == BODY


@pytest.mark.parametrize("resumes", [True, False])
def test_a_broken_transfer_is_resumed(*, root: Path, tmp_path: Path, login: FetchOptions, pace: Pace, resumes: bool):
    with ftp_serving(root, **({} if resumes else without("REST"))) as port:
        location = f"ftp://127.0.0.1:{port}/feeds/a.csv"
        (remote,) = list_files(location, login)

        def stop(got: int, _: int | None) -> None:
            if got > 500_000:
                raise InterruptedError

        with pytest.raises(InterruptedError):
            fetch(location, remote, tmp_path / "in", login, stop, pace=pace)
        told: list[int] = []
        path = fetch(location, remote, tmp_path / "in", login, lambda got, _: told.append(got), pace=pace)
        assert told[0] > 500_000 if resumes else told[0] == 0
        assert path.read_bytes() == BODY


def test_a_part_that_is_already_whole_is_only_put_in_its_place(
    root: Path, tmp_path: Path, login: FetchOptions, pace: Pace
):
    (tmp_path / "a.csv.part").write_bytes(BODY)
    (tmp_path / "a.csv.part-of").write_text(f"{len(BODY)} 20260921141420")
    with ftp_serving(root) as port:
        location = f"ftp://127.0.0.1:{port}/feeds/a.csv"
        (remote,) = list_files(location, login)
        told: list[int] = []
        path = fetch(location, remote, tmp_path, login, lambda got, _: told.append(got), pace=pace)
    assert told == [len(BODY)]
    assert path.read_bytes() == BODY


def test_a_file_that_changed_is_not_joined_to_its_old_beginning(
    root: Path, tmp_path: Path, login: FetchOptions, pace: Pace
):
    with ftp_serving(root) as port:
        location = f"ftp://127.0.0.1:{port}/feeds/a.csv"
        (remote,) = list_files(location, login)

        def stop(got: int, _: int | None) -> None:
            if got > 500_000:
                raise InterruptedError

        with pytest.raises(InterruptedError):
            fetch(location, remote, tmp_path / "in", login, stop, pace=pace)
        (root / "feeds" / "a.csv").write_bytes(BODY[::-1])
        assert fetch(location, remote, tmp_path / "in", login, pace=pace).read_bytes() == BODY[::-1]


def test_an_upload_under_way_is_waited_for(root: Path, tmp_path: Path, login: FetchOptions, pace: Pace, waits: Waits):
    source = root / "feeds" / "a.csv"
    with ftp_serving(root) as port:
        location = f"ftp://127.0.0.1:{port}/feeds/a.csv"
        (remote,) = list_files(location, login)
        waits.meanwhile = [lambda: source.write_bytes(BODY + b"more")]
        path = fetch(location, remote, tmp_path / "in", replace(login, settle_s=2), pace=pace)
    assert path.read_bytes() == BODY + b"more"
    assert waits.seconds == [2, 2]


def test_names_in_any_encoding_come_and_go_as_they_are(tmp_path: Path, login: FetchOptions, pace: Pace):
    served = tmp_path / "served"
    served.mkdir()
    for raw in (b"gr\xc3\xb6\xc3\x9fen.csv", b"caf\xe9.csv", b"preise 100%.csv", b"#1.csv"):
        (served / os.fsdecode(raw)).write_bytes(raw)
    with ftp_serving(served) as port:
        files = list_files(f"ftp://127.0.0.1:{port}", login)
        assert {file.name for file in files} == {"größen.csv", "café.csv", "preise 100%.csv", "#1.csv"}
        for file in files:
            assert file.reference.isascii()
            path = fetch(f"ftp://127.0.0.1:{port}", file, tmp_path / "in", login, pace=pace)
            assert path.read_bytes() == unquote_to_bytes(file.reference)


def test_port_990_speaks_tls_from_the_first_byte(
    root: Path, tmp_path: Path, login: FetchOptions, pace: Pace, certificate: Path
):
    try:
        socket.create_server(("127.0.0.1", 990)).close()
    except OSError as error:
        pytest.skip(f"port 990 cannot be used here: {error}")
    with ftp_serving(root, tls=certificate, implicit=True, port=990):
        secure = replace(login, ca_file=certificate)
        location = "ftps://localhost:990/feeds/a.csv"
        (remote,) = list_files(location, secure)
        assert fetch(location, remote, tmp_path / "in", secure, pace=pace).read_bytes() == BODY


def test_tls_protects_the_login_and_the_data(
    root: Path, tmp_path: Path, login: FetchOptions, pace: Pace, certificate: Path
):
    with ftp_serving(root, tls=certificate) as port:
        secure = replace(login, ca_file=certificate)
        location = f"ftps://localhost:{port}/feeds/a.csv"
        (remote,) = list_files(location, secure)
        assert fetch(location, remote, tmp_path / "in", secure, pace=pace).read_bytes() == BODY
        with pytest.raises(Unauthorized, match="ca_file"):
            list_files(location, login, pace=pace)
        with pytest.raises(Unauthorized, match="use ftps://"):
            list_files(f"ftp://localhost:{port}/feeds/a.csv", login, pace=pace)


def test_a_server_without_tls_is_not_spoken_to_in_the_clear(root: Path, login: FetchOptions, pace: Pace):
    with ftp_serving(root) as port, pytest.raises(Rejected, match="offers no TLS"):
        list_files(f"ftps://127.0.0.1:{port}/feeds/a.csv", login, pace=pace)


def test_a_wrong_password_is_said_at_once_and_not_shown(root: Path, options: FetchOptions, pace: Pace, waits: Waits):
    with ftp_serving(root, auth_failed_timeout=0) as port, pytest.raises(Unauthorized, match="password") as caught:
        list_files(f"ftp://anna:fa1sch@127.0.0.1:{port}/feeds", options, pace=pace)
    assert "fa1sch" not in str(caught.value)
    assert waits.seconds == []


def test_a_login_in_the_location_serves_too(root: Path, options: FetchOptions):
    with ftp_serving(root) as port:
        assert list_files(f"ftp://anna:geheim@127.0.0.1:{port}/feeds/a.csv", options)[0].name == "a.csv"


@pytest.mark.parametrize(
    "path", ["feeds/none.csv", "none/*.csv", "none/", "feeds/*.xml", "fe*/a.csv", "feeds/a%0d%0aDELE b"]
)
def test_what_is_not_there_is_refused(root: Path, login: FetchOptions, path: str):
    with ftp_serving(root) as port, pytest.raises(Rejected):
        list_files(f"ftp://127.0.0.1:{port}/{path}", login)


def test_a_file_deleted_meanwhile_is_refused(root: Path, tmp_path: Path, login: FetchOptions, pace: Pace):
    with ftp_serving(root) as port:
        location = f"ftp://127.0.0.1:{port}/feeds/"
        remote = list_files(location, login)[0]
        (root / "feeds" / remote.name).unlink()
        with pytest.raises(Rejected, match="there is no file"):
            fetch(location, remote, tmp_path / "in", login, pace=pace)


def test_a_server_that_is_down_is_tried_again(root: Path, login: FetchOptions, pace: Pace, waits: Waits):
    with ftp_serving(root) as port:
        pass
    with pytest.raises(Unavailable):
        list_files(f"ftp://127.0.0.1:{port}/feeds", login, pace=pace)
    assert len(waits.seconds) == 3


def test_a_full_server_is_tried_again(root: Path, login: FetchOptions, pace: Pace, waits: Waits):
    with ftp_serving(root, most=1) as port, socket.create_connection(("127.0.0.1", port)) as other:
        other.recv(100)
        with pytest.raises(Unavailable, match="421"):
            list_files(f"ftp://127.0.0.1:{port}/feeds", login, pace=pace)
    assert len(waits.seconds) == 3


def test_a_silent_server_is_given_up(login: FetchOptions, pace: Pace):
    with socket.create_server(("127.0.0.1", 0)) as quiet:
        location = f"ftp://127.0.0.1:{quiet.getsockname()[1]}/feeds"
        with pytest.raises(Unavailable):
            list_files(location, replace(login, timeout_s=0.05), pace=pace)


def test_a_server_that_hangs_up_without_a_word_is_named(login: FetchOptions, pace: Pace):
    with socket.create_server(("127.0.0.1", 0)) as server, ThreadPoolExecutor(1) as pool:
        server.settimeout(5)
        hung_up = pool.submit(lambda: [server.accept()[0].close() for _ in range(4)])
        with pytest.raises(Unavailable, match=r"the connection failed \(EOFError\)"):
            list_files(f"ftp://127.0.0.1:{server.getsockname()[1]}/feeds", login, pace=pace)
        hung_up.result()


def test_this_machine_is_not_reached_without_leave(root: Path, login: FetchOptions, pace: Pace):
    with ftp_serving(root) as port, pytest.raises(Rejected, match="private"):
        list_files(f"ftp://127.0.0.1:{port}/feeds", replace(login, allow_private=False), pace=pace)
