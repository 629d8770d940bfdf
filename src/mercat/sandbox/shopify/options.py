"""How a loopback shop behaves, decided when it opens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

POINTS_PER_SECOND = MappingProxyType({"standard": 100, "advanced": 200, "plus": 1000})
COST_CURVES = ("recorded", "linear")
BUCKET_SECONDS = 20  # the bucket holds this many seconds' worth of points
MAX_COST = 1000  # points that one query may ask for


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """``plan`` names the points per second. Rates of faults are shares between 0 and 1 by name (see ``faults``)."""

    name: str = "Mercat Sandbox"
    domain: str = "mercat-sandbox.myshopify.com"
    currency: str = "USD"
    plan: str = "standard"
    seed: int = 0
    faults: Mapping[str, float] = field(default_factory=dict)
    secret: str | None = None  # what control requests have to carry; without one they must come from this machine
    cost_curve: str = "recorded"  # or "linear": a connection costs its whole size
    token_lifetime_s: float = 86_400.0
    file_ready_after_s: float = 0.5
    operation_after_s: float = 0.2
    bulk_start_after_s: float = 0.1
    webhook_retry_s: float = 1.0  # the first wait after a failed delivery; each further one is twice as long
    webhook_timeout_s: float = 5.0
    hang_s: float = 60.0  # how long an answer that never comes keeps its connection
    locations: int = 2
    orders: int = 3
