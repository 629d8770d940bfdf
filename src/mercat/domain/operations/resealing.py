"""Sealing this room's secrets anew: those of configurations, and those that sign webhooks."""

from __future__ import annotations

from mercat.core.actor import Actor
from mercat.core.unit import Runtime
from mercat.domain.access.messages import Administered
from mercat.domain.operations.configuring import reseal_configurations
from mercat.domain.operations.endpoints import reseal_endpoints


def reseal(runtime: Runtime, actor: Actor) -> int:
    """Seal everything of this room with the newest key; how many secrets. One transaction, safe to repeat."""
    actor.require("operations.configure")
    with runtime.write(actor) as unit:
        count = reseal_configurations(unit, runtime.secrets) + reseal_endpoints(unit, runtime)
        unit.announce(Administered("secrets.resealed"))
        return count
