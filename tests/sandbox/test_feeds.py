"""A folder served by each of the feed servers is what the fetcher finds."""

from __future__ import annotations

from pathlib import Path

import asyncssh
import pytest

from mercat.sandbox.feeds import Login
from mercat.sandbox.feeds.s3 import Folder, s3_serving
from mercat.sandbox.feeds.sftp import sftp_serving
from mercat.sdk.errors import Rejected, Unauthorized
from mercat.sdk.fetch import FetchOptions, fetch, list_files

LOGIN = Login()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "served"
    (made / "in").mkdir(parents=True)
    (made / "in" / "a & b.csv").write_text("sku\n1\n")
    (tmp_path / "secret.csv").write_text("none of yours")
    Path(made / "in" / "way-out.csv").symlink_to(tmp_path / "secret.csv")
    return made


def options(port: int, **more: object) -> FetchOptions:
    known = {
        "allow_private": True,
        "timeout_s": 10,
        "settle_s": 0,
        "username": LOGIN.username,
        "password": LOGIN.password,
    }
    return FetchOptions(**(known | {"s3_endpoint": f"http://127.0.0.1:{port}"} | more))


def test_a_folder_is_a_bucket_and_ends_where_it_ends(folder: Path, tmp_path: Path) -> None:
    with s3_serving(Folder(folder)) as port:
        (found,) = list_files("s3://feeds/in/", options(port))
        assert fetch("s3://feeds/in/", found, tmp_path, options(port)).read_text() == "sku\n1\n"
        with pytest.raises(Unauthorized):
            list_files("s3://feeds/in/", options(port, password="wrong"))
        with pytest.raises(Rejected):
            list_files("s3://feeds/in/way-out.csv", options(port))
    assert Folder(folder).keys() == ["in/a & b.csv"]


def test_a_port_that_is_taken_is_said_and_not_waited_for(folder: Path) -> None:
    key = asyncssh.generate_private_key("ssh-ed25519")
    with (
        sftp_serving(folder, key) as port,
        pytest.raises(OSError, match="ddress"),
        sftp_serving(folder, key, port=port),
    ):
        pass
