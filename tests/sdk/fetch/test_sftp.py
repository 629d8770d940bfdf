"""A real SFTP server on loopback."""

import os
import socket
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import asyncssh
import pytest

from mercat.sandbox.feeds import Login
from mercat.sandbox.feeds.sftp import Door
from mercat.sandbox.feeds.sftp import sftp_serving as serving
from mercat.sdk.errors import Rejected, Unauthorized, Unavailable
from mercat.sdk.fetch import FetchOptions, Pace, RemoteFile, fetch, list_files

from .conftest import Waits

BODY = bytes(range(256)) * 20_000  # five megabytes: more than one read


sftp_serving = partial(serving, login=Login("anna", "geheim"))


@pytest.fixture(scope="module")
def key() -> asyncssh.SSHKey:
    return asyncssh.generate_private_key("ssh-ed25519")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "served"
    (folder / "feeds" / "archive").mkdir(parents=True)
    for number, name in enumerate(["b.csv", "a.csv", "notes.txt", ".hidden"]):
        path = folder / "feeds" / name
        path.write_bytes(BODY)
        os.utime(path, (1_790_000_000 + 60 * number,) * 2)
    (folder / "feeds" / "link.csv").symlink_to("a.csv")
    (folder / "feeds" / "loop.csv").symlink_to("loop.csv")
    return folder


@pytest.fixture
def port(root: Path, key: asyncssh.SSHKey) -> Iterator[int]:
    with sftp_serving(root, key) as port:
        yield port


@pytest.fixture
def login(options: FetchOptions, key: asyncssh.SSHKey) -> FetchOptions:
    return replace(options, username="anna", password="geheim", host_fingerprint=key.get_fingerprint())


@pytest.mark.parametrize(
    ("place", "names"),
    [
        ("/feeds/*.csv", ["b.csv", "a.csv", "link.csv"]),
        ("/feeds", ["b.csv", "a.csv", "link.csv", "notes.txt"]),
        ("/feeds/", ["b.csv", "a.csv", "link.csv", "notes.txt"]),
        ("/feeds/a.csv", ["a.csv"]),
        ("/~/feeds/[a].csv", ["a.csv"]),
    ],
)
def test_files_are_found_and_fetched(
    *, port: int, tmp_path: Path, login: FetchOptions, pace: Pace, place: str, names: list[str]
):
    location = f"sftp://127.0.0.1:{port}{place}"
    files = list_files(location, login)
    assert [file.name for file in files] == names
    (remote,) = [file for file in files if file.name == "a.csv"]
    assert remote.size == len(BODY)
    assert remote.modified == "2026-09-21T14:14:20.000000+00:00"
    assert fetch(location, remote, tmp_path / "in", login, pace=pace).read_bytes() == BODY


def test_a_broken_transfer_is_resumed_unless_the_file_changed(
    port: int, root: Path, tmp_path: Path, login: FetchOptions, pace: Pace
):
    location = f"sftp://127.0.0.1:{port}/feeds/a.csv"
    (remote,) = list_files(location, login)

    def stop(got: int, _: int | None) -> None:
        if got > 2_000_000:
            raise InterruptedError

    def begun(into: Path) -> list[int]:
        with pytest.raises(InterruptedError):
            fetch(location, remote, into, login, stop, pace=pace)
        return []

    told = begun(tmp_path / "same")
    path = fetch(location, remote, tmp_path / "same", login, lambda got, _: told.append(got), pace=pace)
    assert told[0] > 2_000_000
    assert path.read_bytes() == BODY

    told = begun(tmp_path / "other")
    (root / "feeds" / "a.csv").write_bytes(BODY[::-1])
    path = fetch(location, remote, tmp_path / "other", login, lambda got, _: told.append(got), pace=pace)
    assert told[0] == 0
    assert path.read_bytes() == BODY[::-1]


def test_an_unknown_server_is_refused_and_the_refusal_says_how_to_pin_it(
    port: int, key: asyncssh.SSHKey, login: FetchOptions, pace: Pace, waits: Waits
):
    with pytest.raises(Unauthorized, match="host_fingerprint") as caught:
        list_files(f"sftp://127.0.0.1:{port}/feeds", replace(login, host_fingerprint=None), pace=pace)
    assert key.get_fingerprint() in str(caught.value)
    assert caught.value.facts == {"host": "127.0.0.1", "seen": key.get_fingerprint()}
    assert waits.seconds == []


def test_a_server_with_another_key_is_refused_before_the_password(root: Path, login: FetchOptions, pace: Pace):
    tried = []

    class Thief(Door):
        def begin_auth(self, username: str) -> bool:
            tried.append(username)
            return True

    impostor = asyncssh.generate_private_key("ssh-ed25519")
    with sftp_serving(root, impostor, door=Thief) as port:
        location = f"sftp://127.0.0.1:{port}/feeds"
        with pytest.raises(Unauthorized, match="somebody may be in between"):
            list_files(location, login, pace=pace)
        assert tried == []
        assert list_files(location, replace(login, host_fingerprint=impostor.get_fingerprint()))
        assert tried == ["anna"]


@pytest.mark.parametrize("known", [True, False])
def test_a_known_hosts_file_vouches_for_its_hosts_only(
    *, port: int, tmp_path: Path, key: asyncssh.SSHKey, login: FetchOptions, pace: Pace, known: bool
):
    line = key.export_public_key().decode()
    file = tmp_path / "known_hosts"
    file.write_text(f"[{'localhost' if known else 'elsewhere.test'}]:{port} {line}")
    given = replace(login, host_fingerprint=None, known_hosts=file)
    if known:
        assert list_files(f"sftp://localhost:{port}/feeds", given, pace=pace)
    else:
        with pytest.raises(Unauthorized, match="known_hosts"):
            list_files(f"sftp://localhost:{port}/feeds", given, pace=pace)


def test_a_revoked_key_is_refused(port: int, tmp_path: Path, key: asyncssh.SSHKey, login: FetchOptions, pace: Pace):
    file = tmp_path / "known_hosts"
    file.write_text(f"@revoked * {key.export_public_key().decode()}")
    with pytest.raises(Unauthorized):
        list_files(f"sftp://localhost:{port}/feeds", replace(login, known_hosts=file), pace=pace)


def test_a_known_hosts_file_that_is_missing_says_so(port: int, tmp_path: Path, login: FetchOptions):
    with pytest.raises(Rejected, match="known_hosts"):
        list_files(f"sftp://localhost:{port}/feeds", replace(login, known_hosts=tmp_path / "none"))


@pytest.mark.parametrize("passphrase", [None, "satz"])
def test_a_private_key_opens_the_door(
    root: Path, tmp_path: Path, key: asyncssh.SSHKey, login: FetchOptions, passphrase: str | None
):
    own = asyncssh.generate_private_key("ssh-ed25519")
    (tmp_path / "own").write_bytes(own.export_private_key(passphrase=passphrase, rounds=50))
    (tmp_path / "authorized").write_bytes(own.export_public_key())
    with sftp_serving(root, key, authorized_client_keys=str(tmp_path / "authorized")) as port:
        location = f"sftp://127.0.0.1:{port}/feeds"
        by_key = replace(login, username="bert", password=passphrase, private_key=tmp_path / "own")
        assert list_files(location, by_key)
        if passphrase:
            with pytest.raises(Unauthorized, match="passphrase"):
                list_files(location, replace(by_key, password="wrong"))


def test_a_wrong_password_is_said_at_once_and_not_shown(
    port: int, login: FetchOptions, pace: Pace, waits: Waits, caplog: pytest.LogCaptureFixture
):
    caplog.set_level("DEBUG")
    wrong = replace(login, username=None, password=None)
    with pytest.raises(Unauthorized, match="password") as caught:
        list_files(f"sftp://anna:fa1sch@127.0.0.1:{port}/feeds", wrong, pace=pace)
    assert "fa1sch" not in str(caught.value) + caplog.text
    assert waits.seconds == []


@pytest.mark.parametrize("path", ["/feeds/none.csv", "/none/*.csv", "/feeds/*.xml", "/fe*/a.csv", "/feeds/archive/*"])
def test_what_is_not_there_is_refused(port: int, login: FetchOptions, path: str):
    with pytest.raises(Rejected):
        list_files(f"sftp://127.0.0.1:{port}{path}", login)


def test_a_folder_is_not_fetched_as_a_file(port: int, tmp_path: Path, login: FetchOptions, pace: Pace):
    with pytest.raises(Rejected, match="regular file"):
        fetch(f"sftp://127.0.0.1:{port}/", RemoteFile("f", None, None, "/feeds"), tmp_path, login, pace=pace)


def test_a_silent_server_is_given_up(login: FetchOptions, pace: Pace, waits: Waits):
    with socket.create_server(("127.0.0.1", 0)) as quiet:
        location = f"sftp://127.0.0.1:{quiet.getsockname()[1]}/feeds"
        with pytest.raises(Unavailable):
            list_files(location, replace(login, timeout_s=0.05), pace=pace)
    assert len(waits.seconds) == 3


def test_this_machine_is_not_reached_without_leave(port: int, login: FetchOptions):
    with pytest.raises(Rejected, match="private"):
        list_files(f"sftp://127.0.0.1:{port}/feeds", replace(login, allow_private=False))
