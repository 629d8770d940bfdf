"""What one process remembers of who may come in: a few seconds, so that most requests ask nobody.

Whatever a process takes away itself it forgets at once; what another one takes away, after ``KEPT_S`` at the latest.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import UUID
from weakref import WeakKeyDictionary

from mercat.core.unit import Runtime
from mercat.domain.access.schemas import Principal

KEPT_S = 5.0
_MOST = 10_000


@dataclass
class Memory:
    """What a runtime remembers. ``clock`` counts seconds and never goes back."""

    clock: Callable[[], float] = time.monotonic
    signing: dict[UUID, bytes] = field(default_factory=dict, repr=False)
    _principals: dict[str, tuple[float, Principal]] = field(default_factory=dict, repr=False)
    _forgotten: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def find(self, digest: str) -> Principal | None:
        """Whoever came with this, if they were looked up just now."""
        found = self._principals.get(digest)
        return found[1] if found is not None and self.clock() < found[0] else None

    def mark(self) -> int:
        """To be taken before looking up what will be kept."""
        return self._forgotten

    def keep(self, digest: str, principal: Principal, *, mark: int, most_s: float) -> None:
        """Remember for a while, unless something was forgotten since ``mark``: what was looked up may be of before."""
        with self._lock:
            if mark != self._forgotten:
                return
            if len(self._principals) >= _MOST:
                self._principals.clear()
            self._principals[digest] = (self.clock() + min(KEPT_S, most_s), principal)

    def forget(self) -> None:
        """Look everybody up anew: to be called once a change of who may come in is committed."""
        with self._lock:
            self._forgotten += 1
            self._principals.clear()
            self.signing.clear()


_memories: WeakKeyDictionary[Runtime, Memory] = WeakKeyDictionary()
_making = threading.Lock()


def memory_of(runtime: Runtime) -> Memory:
    """The memory of this runtime."""
    found = _memories.get(runtime)
    if found is None:
        with _making:
            found = _memories.setdefault(runtime, Memory())
    return found
