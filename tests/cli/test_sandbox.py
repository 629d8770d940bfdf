"""``mercat sandbox`` as a process: it says where it listens, serves, and stops when it is told."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest

from mercat.sdk.fetch import FetchOptions, fetch, list_files

from .conftest import Terminal


@contextmanager
def sandbox(home: Path, *arguments: object) -> Iterator[dict[str, Any]]:
    script = Path(sys.executable).with_name("mercat")
    command = [script, "sandbox", *map(str, arguments), "--port", "0", "--json"]
    environment = {**os.environ, "MERCAT_HOME": str(home)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, text=True) as process:
        assert process.stdout
        said = ""
        for line in process.stdout:
            said += line
            if line == "}\n":
                break
        try:
            yield json.loads(said)
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(20)


def test_a_shop_opens_hands_out_credentials_and_closes(bare: Terminal) -> None:
    with sandbox(bare.home, "shopify", "--plan", "plus") as said, httpx2.Client(trust_env=False) as http:
        credentials = http.get(said["credentials"]).json()
        assert credentials["base_url"] == said["url"]
        assert credentials["client_secret"] not in json.dumps(said)
        grant = {name: credentials[name] for name in ("client_id", "client_secret")}
        url = f"{said['url']}/admin/oauth/access_token"
        token = http.post(url, json=grant | {"grant_type": "client_credentials"}).json()["access_token"]
        answer = http.post(
            f"{said['url']}/admin/api/{credentials['api_version']}/graphql.json",
            json={"query": "{ shop { plan { shopifyPlus } } }"},
            headers={"X-Shopify-Access-Token": token},
        )
        assert answer.json()["data"] == {"shop": {"plan": {"shopifyPlus": True}}}


@pytest.mark.parametrize("kind", ["ftp", "ftps", "sftp", "s3"])
def test_a_folder_is_served(bare: Terminal, tmp_path: Path, kind: str) -> None:
    folder = tmp_path / "served"
    folder.mkdir()
    (folder / "feed.csv").write_text("sku\n1\n")
    with sandbox(bare.home, kind, "--folder", folder) as said:
        options = FetchOptions(
            allow_private=True,
            settle_s=0,
            username=said["username"],
            password=said["password"],
            s3_endpoint=said.get("endpoint"),
            host_fingerprint=said.get("host_fingerprint"),
            ca_file=Path(said["certificate"]) if "certificate" in said else None,
        )
        (found,) = list_files(said["url"], options)
        assert fetch(said["url"], found, tmp_path / "in", options).read_text() == "sku\n1\n"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--plan", "free"], "--plan: 'free' is none of standard, advanced, plus"),
        (["--faults", "none=1%"], "no fault is called 'none'"),
        (["--faults", "500"], "a fault is written name=share"),
        (["--cost", "cheap"], "--cost"),
    ],
)
def test_what_a_shop_cannot_be_is_said(bare: Terminal, arguments: list[str], words: str) -> None:
    answer = bare("sandbox", "shopify", *arguments)
    assert answer.code == 1
    assert words in answer.err
