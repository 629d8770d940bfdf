"""Staged uploads: where a client puts a file before it says what the file is for."""

from __future__ import annotations

from dataclasses import dataclass

LARGEST_UPLOAD = 100 * 1024 * 1024


@dataclass(slots=True)
class Upload:
    """A promised file; ``body`` comes later, by its own HTTP request."""

    key: str
    resource: str
    filename: str
    mime_type: str
    method: str
    body: bytes | None = None
