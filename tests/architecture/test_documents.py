"""Documents point at code that is there."""

import re
from itertools import chain
from pathlib import Path

from tests.architecture.house import ROOT

LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)")


def documents() -> list[Path]:
    return sorted(chain(ROOT.glob("*.md"), (ROOT / "docs").rglob("*.md"), (ROOT / "src").rglob("*.md")))


def test_every_link_leads_somewhere() -> None:
    links = [(path, target) for path in documents() for target in LINK.findall(path.read_text("utf-8"))]

    broken = [f"{path.relative_to(ROOT)}: {target}" for path, target in links if not (path.parent / target).exists()]

    assert links
    assert not broken


def test_every_decision_is_in_the_index() -> None:
    folder = ROOT / "docs" / "decisions"
    index = LINK.findall((folder / "README.md").read_text("utf-8"))

    assert sorted(index) == sorted(path.name for path in folder.glob("0*.md"))
