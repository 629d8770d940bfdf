"""What this room tells, and has done for it."""

from __future__ import annotations

from dataclasses import dataclass, field

from mercat.core.jobs import Message


@dataclass
class PicturesLetGo:
    """These pictures are forgotten, by their SHA-256. Who keeps the same bytes for something else adds them to ``needed``."""

    hashes: tuple[str, ...]
    needed: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class DropPictures(Message, kind="media.drop"):
    """Remove the bytes of pictures that were forgotten."""

    hashes: tuple[str, ...]

    @property
    def title(self) -> str:
        """What people read in the list of jobs."""
        return f"remove {len(self.hashes):,} {'picture' if len(self.hashes) == 1 else 'pictures'}"
