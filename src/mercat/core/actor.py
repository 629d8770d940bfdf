"""Who acts, and what they may do."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from mercat.core.errors import Forbidden


@dataclass(frozen=True)
class Actor:
    """A person or a part of the system. ``permissions`` are ``room.verb``; ``*`` allows everything.

    ``id`` is the user's, where a user acts; ``via`` is the way they came in, such as ``key mk_ab12`` or ``session``, and
    ``address`` is where from.
    """

    kind: str
    name: str
    permissions: frozenset[str] = frozenset({"*"})
    id: UUID | None = None
    via: str = ""
    address: str = ""

    def may(self, permission: str) -> bool:
        """Whether this actor holds the permission."""
        return "*" in self.permissions or permission in self.permissions

    def require(self, permission: str) -> None:
        """Raises ``Forbidden`` unless the actor holds the permission."""
        if not self.may(permission):
            message = f"{self.name} may not {permission}: ask someone who may"
            raise Forbidden(message, permission=permission)


SYSTEM = Actor("system", "mercat")
