"""What other rooms tell this one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Administered:
    """An administrative act of a higher room, to be announced in the transaction that does it: it comes into the audit.

    ``action`` is ``thing.done``; ``subject`` is what it was done to, as (kind of thing, id, name); ``details`` are what JSON
    can say, and nothing that opens anything. Announced, and not called, so that no room loads this one to say so.
    """

    action: str
    subject: tuple[str, object, str] | None = None
    details: Mapping[str, object] = field(default_factory=dict)
