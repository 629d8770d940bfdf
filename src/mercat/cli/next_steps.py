"""What to type next about an alert."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

from mercat.domain.alerts import service as alerts
from mercat.domain.alerts.service import Step

# {id} is the subject's, {name} what people call it; both are quoted for a shell.
COMMANDS = {
    Step.OPEN_WATCHED: "mercat market show {id}",
    Step.OPEN_PRODUCT: "mercat product show {sku}",
    Step.DECIDE: "mercat changes show {id} --flagged",
    Step.OPEN_LISTING: "mercat listings list --state error",
    Step.SEE_BLOCKED: "mercat listings list --store {name} --state blocked",
    Step.OPEN_STORE: "mercat store renew {name}",
    Step.RENEW_SOURCE: "mercat market source renew {name}",
    Step.SEE_RUNS: "mercat history list",
    Step.SEE_FAILED_RUNS: "mercat history list",
    Step.SEE_FAILED_JOBS: "mercat jobs list --status failed",
    Step.SEE_WAITING_JOBS: "mercat health",
    Step.SEE_BUDGET: "mercat usage",
    Step.MAKE_KEY: "mercat key list",
}


def command_of(alert: Mapping[str, Any]) -> str | None:
    """The command that goes on from an alert (``alert_type``, ``subject_type``, ``subject_id``, ``subject_label``, ``data``)."""
    step = alerts.step_of(alert["alert_type"], alert["subject_type"])
    if step is None:
        return None
    name = alert["subject_label"] or alert["subject_id"]
    words = {"id": alert["subject_id"], "name": name, "sku": (alert["data"] or {}).get("sku", name)}
    return COMMANDS[step].format(**{key: shlex.quote(str(value)) for key, value in words.items()})
