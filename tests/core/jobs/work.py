"""Messages and handlers that tests have done. A handler leaves its marks in files, which outlive a killed process."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from mercat.core.jobs import JobContext, Message, handles


@dataclass(frozen=True)
class Mark(Message, kind="testing.mark"):
    """Write ``name`` into the folder, once for each time it runs."""

    folder: str
    name: str = "mark"


@handles(Mark)
def mark(_job: JobContext, message: Mark) -> dict[str, str]:
    leave(message.folder, message.name)
    return {"name": message.name}


def leave(folder: str, name: str) -> None:
    """One byte more in a file: appending is atomic, and outlives the process."""
    with (Path(folder) / name).open("ab") as file:
        file.write(b".")
        file.flush()
        os.fsync(file.fileno())


def marks(folder: Path) -> dict[str, int]:
    """How often each name was left."""
    return {path.name: path.stat().st_size for path in sorted(folder.iterdir()) if path.is_file()}
