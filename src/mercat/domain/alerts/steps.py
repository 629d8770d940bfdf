"""What a person does next about an alert, by name: each door words it, with its own command or page."""

from __future__ import annotations

from enum import StrEnum


class Step(StrEnum):
    """The next step. It concerns the alert's subject."""

    OPEN_WATCHED = "open_watched"
    OPEN_PRODUCT = "open_product"
    DECIDE = "decide"
    OPEN_LISTING = "open_listing"
    SEE_BLOCKED = "see_blocked"
    OPEN_STORE = "open_store"
    RENEW_SOURCE = "renew_source"
    SEE_RUNS = "see_runs"
    SEE_FAILED_RUNS = "see_failed_runs"
    SEE_FAILED_JOBS = "see_failed_jobs"
    SEE_WAITING_JOBS = "see_waiting_jobs"
    SEE_BUDGET = "see_budget"
    MAKE_KEY = "make_key"


_BY_KIND = {"listing_blocked": Step.SEE_BLOCKED, "queue_depth": Step.SEE_WAITING_JOBS}
_BY_SUBJECT = {
    "market_product": Step.OPEN_WATCHED,
    "market_source": Step.RENEW_SOURCE,
    "variant": Step.OPEN_PRODUCT,
    "product": Step.OPEN_PRODUCT,
    "change_set": Step.DECIDE,
    "listing": Step.OPEN_LISTING,
    "store": Step.OPEN_STORE,
    "feed": Step.SEE_RUNS,
    "sync": Step.SEE_FAILED_RUNS,
    "system": Step.SEE_FAILED_JOBS,
    "service": Step.SEE_BUDGET,
    "api_key": Step.MAKE_KEY,
}


def step_of(kind: str, subject_type: str) -> Step | None:
    """What is done next about an alert of this kind; ``None`` where its subject is of no type that Mercat itself gives."""
    return _BY_KIND.get(kind) or _BY_SUBJECT.get(subject_type)


def page_of(alert_id: object) -> str:
    """Where the dashboard shows an alert, below its own address: what messages lead to."""
    return f"/alerts/{alert_id}"


def pages_of(kind: str) -> str:
    """The same of all that are open of a kind."""
    return f"/alerts?alert_type={kind}"
