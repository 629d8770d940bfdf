"""The system's logs over HTTP."""

from __future__ import annotations

from mercat.api.lists import add_list
from mercat.api.routes import Room
from mercat.domain.operations import service as operations

router = Room("Logs")

add_list(router, "/logs", operations.SYSTEM_LOGS, name="LogLine", days="created_at")
