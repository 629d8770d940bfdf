"""Pictures that lie in this Mercat: what their address says of them. One that lies elsewhere has an address of its own there."""

from __future__ import annotations

import re
from dataclasses import dataclass

PREFIX = "/media/"
MEDIA_TYPES = {"jpg": "image/jpeg", "png": "image/png", "webp": "image/webp", "gif": "image/gif"}
"""By the ending of an address, which is the picture's format."""
_ADDRESS = re.compile(rf"{PREFIX}([0-9a-f]{{64}})\.({'|'.join(MEDIA_TYPES)})")


@dataclass(frozen=True)
class OwnPicture:
    """A picture by the SHA-256 of its bytes, and its format: an ending of ``MEDIA_TYPES``."""

    sha256: str
    ending: str

    @property
    def address(self) -> str:
        """Where it lies, seen from this Mercat's own origin."""
        return f"{PREFIX}{self.sha256}.{self.ending}"

    @property
    def media_type(self) -> str:
        """As HTTP says it."""
        return MEDIA_TYPES[self.ending]


def own_picture(address: str) -> OwnPicture | None:
    """The picture of ours that an address names; ``None`` for an address elsewhere."""
    found = _ADDRESS.fullmatch(address)
    return OwnPicture(found[1], found[2]) if found else None
