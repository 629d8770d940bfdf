"""Where the real data lies that is never committed."""

import os
from pathlib import Path

import pytest

ROOT = Path(os.environ.get("MERCAT_SHARED") or Path(__file__).resolve().parents[1].parent / "shared")


def shared(*parts: str) -> Path:
    """A path under shared/, or a skip that says why."""
    path = ROOT.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"needs the real data at {path}", allow_module_level=True)
    return path
