"""Nothing that opens anything is committed: texts in the known shapes of keys, in every file of the project."""

import re
from pathlib import Path

import pytest

from tests.architecture.house import ROOT

FOLDERS = ("src", "tests", "docs", "benchmarks", ".ci")
FILES = ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "pyproject.toml", "justfile")
# The shapes as their makers publish them; written so that this file holds none of them.
SHAPES = {
    "a private key": re.compile(r"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----\s+[A-Za-z0-9+/=\s]{64,}"),
    "an AWS access key": re.compile(r"\b(?:AKIA|ASIA)(?!IOSFODNN7EXAMPLE)[A-Z2-7]{16}\b"),
    "a Shopify token": re.compile(r"\bshp(?:at|ca|pa|ss)_[0-9a-f]{32}\b"),
    "a GitHub token": re.compile(r"\bgh[pousr]_[A-Za-z0-9]{36}\b"),
    "a Slack token": re.compile(r"\bxox[abprs]-[0-9]{8,}-[0-9A-Za-z-]{20,}"),
    "a live payment key": re.compile(r"\b[sr]k_live_[0-9A-Za-z]{24,}"),
    "a key of ours": re.compile(r"\bmk_[A-Za-z0-9_-]{43}\b"),
}
SAMPLES = {
    "an AWS access key": "AKIA" + "ABCDEFGHIJKLMNOP",
    "a Shopify token": "shpat_" + "0f" * 16,
    "a GitHub token": "ghp_" + "a1" * 18,
    "a key of ours": "mk_" + "x" * 43,
    "a private key": "-----BEGIN PRIVATE " + "KEY-----\n" + "QUJD" * 20,
}


def found_in(text: str) -> list[str]:
    return [name for name, shape in SHAPES.items() if shape.search(text)]


def texts() -> list[tuple[Path, str]]:
    paths = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*") if path.is_file()]
    paths += [ROOT / name for name in FILES]
    kept = [path for path in paths if "__pycache__" not in path.parts and path.stat().st_size < 1_000_000]
    return [(path, path.read_bytes().decode("utf-8", "replace")) for path in kept]


def test_no_secret_is_committed() -> None:
    read = texts()

    assert len(read) > 500
    assert [(str(path.relative_to(ROOT)), kinds) for path, text in read if (kinds := found_in(text))] == []


@pytest.mark.parametrize("kind", SAMPLES)
def test_a_secret_would_be_found(kind: str) -> None:
    assert found_in(f"token = '{SAMPLES[kind]}'") == [kind]
