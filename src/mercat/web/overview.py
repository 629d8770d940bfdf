"""The first page, and the queue: what needs whoever looks, what changed, what runs, and what comes next."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from starlette.responses import Response

from mercat.core.unit import ReadUnit
from mercat.domain.alerts import service as alerts
from mercat.domain.reports import service as reports
from mercat.web.formats import plural
from mercat.web.live import Followed, topic
from mercat.web.pages import Page
from mercat.web.routes import Caller, House, Pages, Shown, needs

router = Pages()
# A visit ends when nobody looked for so long.
_A_VISIT = dt.timedelta(minutes=30)
_ASK_EVERY, _LONG_AGO = dt.timedelta(seconds=15), dt.datetime.min.replace(tzinfo=dt.UTC)
_LOOKED, _SEASON_S = "mercat_looked", 7_776_000
# Things a page of the queue.
_A_PAGE = 25
_LONGEST_NUMBER = 6
_SPANS = (("last", "Since I last looked"), ("24h", "24 hours"), ("7d", "7 days"))
# Of each kind: its title as a filter, its icon and tint, what its button says, and where that leads (``{}``: the subject).
KINDS: dict[str, tuple[str, str, str, str, str]] = {
    "held": ("Held runs", "feed", "warn", "Review", "/changes/{}"),
    "publish": ("Held publishing", "store", "warn", "Look", "/stores/{}"),
    "alert": ("Alerts", "bell", "bad", "Look", "/alerts/{}"),
    "store": ("Stores", "store", "bad", "Look", "/listings"),
    "listing": ("Listings", "store", "bad", "Look at them", "/listings?state={}"),
    "suggestion": ("Suggestions", "spark", "ai", "Look", "/suggestions/{}"),
    "match": ("Matches", "link", "info", "Decide", "/matches?decision=open&supplier={}"),
    "job": ("Jobs", "term", "bad", "Look", "/jobs/{}"),
}


def shown(need: reports.Need, pages: set[str]) -> dict[str, Any]:
    """A need as a page draws it. ``pages``: the first parts of the addresses there are; where there is none, no button leads."""
    _, icon, tone, verb, url = KINDS[need.kind]
    if need.kind == "held":
        verb = f"Review {plural(need.count, 'row')}"
    if need.severity == "info":
        tone = "info"
    is_there = url.split("/")[1].partition("?")[0] in pages
    return {
        "need": need,
        "icon": icon,
        "tone": tone,
        "verb": verb,
        "url": url.format(quote(need.subject, safe="")) if is_there else "",
    }


@router.get("/", **needs("reports.read"))
def overview(runtime: House, caller: Caller, page: Shown) -> Response:
    """What needs you, what changed since you last looked, what runs, what comes next."""
    looked, since = _since(page)
    span = page.request.query_params.get("since", "last")
    spans = {"24h": page.clock.now - dt.timedelta(days=1), "7d": page.clock.now - dt.timedelta(days=7)}
    with runtime.read(caller) as unit:
        found = reports.overview(unit, spans.get(span, since))
    there = page.request.app.state.places
    response = page.show(
        "overview.html",
        found=found,
        needs=[shown(each, there) for each in found.needs],
        spans=_SPANS,
        span=span if span in spans else "last",
        since=since,
    )
    response.set_cookie(_LOOKED, looked, max_age=_SEASON_S, httponly=True, samesite="lax")
    return response


def _since(page: Page) -> tuple[str, dt.datetime]:
    """What to remember of this look, and when the visit before this one ended."""
    now = page.clock.now
    try:
        before, last = (dt.datetime.fromisoformat(each) for each in page.request.cookies.get(_LOOKED, "").split("_"))
        is_same_visit = dt.timedelta(0) <= now - last < _A_VISIT
        since = before if is_same_visit else last
        since = min(since, now)
    except (ValueError, TypeError):
        since = now - dt.timedelta(days=1)
    return f"{since.isoformat()}_{now.isoformat()}", since


@router.get("/review", **needs("reports.read"))
def review(runtime: House, caller: Caller, page: Shown) -> Response:
    """One queue of all that waits for a person."""
    with runtime.read(caller) as unit:
        found = reports.needs(unit)
    kind = page.request.query_params.get("kind", "")
    counts = Counter(each.kind for each in found)
    there = page.request.app.state.places
    wanted = [each for each in found if kind in {"", each.kind}]
    number = page.request.query_params.get("page", "1")
    first = (max(int(number), 1) - 1) * _A_PAGE if number.isdecimal() and len(number) < _LONGEST_NUMBER else 0
    return page.show(
        "review.html",
        needs=[shown(each, there) for each in wanted[first : first + _A_PAGE]],
        number=first // _A_PAGE + 1,
        has_more=len(wanted) > first + _A_PAGE,
        kinds=[(name, KINDS[name][0], counts[name]) for name in KINDS if counts[name]],
        kind=kind,
        total=len(found),
    )


@topic("house", "reports.read", every_s=2)
def follow_house(unit: ReadUnit, page: Page, followed: Followed) -> Iterator[str]:
    """What every page shows: how many jobs run and how far they are, and how much waits for a person."""
    running = reports.running(unit)
    state = [(each["id"], each["progress"]) for each in running]
    if followed.is_news("running", state):
        yield page.part("parts/running.html", running=running)
    # The queue is asked of six rooms, and nobody waits for it by the second.
    if page.clock.now - followed.known.get("asked", _LONG_AGO) >= _ASK_EVERY:
        followed.known["asked"] = page.clock.now
        waiting = len(reports.needs(unit))
        if followed.is_news("waiting", waiting):
            yield page.part("parts/waiting.html", waiting=waiting)
        unread = alerts.unread_count(unit) if page.may("alerts.read") else 0
        if followed.is_news("told", unread):
            yield page.part("parts/told.html", unread=unread)
