"""Where to go next about an alert: the page where something is done about it, and what its button says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urlencode

from mercat.domain.alerts import service as alerts
from mercat.domain.alerts.service import Step

# {place} is the page of what the alert is about, {store} its name as a filter.
PAGES = {
    Step.OPEN_WATCHED: ("Open the listing", "{place}"),
    Step.OPEN_PRODUCT: ("Open the product", "{place}"),
    Step.DECIDE: ("Decide about it", "{place}"),
    Step.OPEN_LISTING: ("Open the listing", "{place}"),
    Step.SEE_BLOCKED: ("See what each lacks", "/listings?state=blocked&{store}"),
    Step.OPEN_STORE: ("Open the store", "{place}"),
    Step.RENEW_SOURCE: ("Open its connection", "/settings/connections"),
    Step.SEE_RUNS: ("See what ran", "/sync"),
    Step.SEE_FAILED_RUNS: ("See what failed", "/sync?status=failed"),
    Step.SEE_FAILED_JOBS: ("See what was given up", "/jobs?status=failed"),
    Step.SEE_WAITING_JOBS: ("See what waits", "/jobs?status=pending"),
    Step.SEE_BUDGET: ("See what is spent", "/settings/calls"),
    Step.MAKE_KEY: ("Make another key", "/settings/keys/new"),
}


class NextStep(NamedTuple):
    """A button: where it leads, and what it says."""

    url: str
    label: str


def next_step(alert: Mapping[str, Any], place: str) -> NextStep | None:
    """What the button of an alert is; ``place`` is the page of its subject, empty where it has none."""
    step = alerts.step_of(alert["alert_type"], alert["subject_type"])
    if step is None:
        return None
    label, template = PAGES[step]
    url = template.format(place=place, store=urlencode({"store": alert["subject_label"] or ""}))
    return NextStep(url, label) if url else None
