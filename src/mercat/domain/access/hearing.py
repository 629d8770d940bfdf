"""Administrative acts of other rooms come into the audit."""

from __future__ import annotations

from mercat.core.unit import WriteUnit, on
from mercat.domain.access.auditing import audit
from mercat.domain.access.messages import Administered


@on(Administered)
def write_down(unit: WriteUnit, fact: Administered) -> None:
    """As if this room had done it."""
    audit(unit, fact.action, subject=fact.subject, **fact.details)
