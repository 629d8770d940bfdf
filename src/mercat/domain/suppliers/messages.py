"""What the suppliers' room has done for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mercat.core.jobs import Message

QUEUE = "feeds"


@dataclass(frozen=True)
class RunFeed(Message, kind="suppliers.run_feed", queue=QUEUE):
    """Fetch what is new at a feed's location and import it."""

    name: str
    plan_only: bool = False
    yes: bool = False
    again: bool = False

    @property
    def title(self) -> str:
        return f"feed {self.name}"


@dataclass(frozen=True)
class ImportUpload(Message, kind="suppliers.import_upload", queue=QUEUE):
    """Import a file that was sent in, and is kept under its hash. ``draft`` is an ``UploadDraft`` in plain values."""

    sha256: str
    name: str
    draft: Mapping[str, Any] = field(default_factory=dict)

    @property
    def title(self) -> str:
        return f"import {self.name}"
