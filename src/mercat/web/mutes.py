"""What is muted: what nobody wants to hear of for a while."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from fastapi import Form
from starlette.responses import Response

from mercat.domain.alerts import service as alerts
from mercat.web.forms import Back, Selected, each_of, said_of
from mercat.web.pages import own_address
from mercat.web.routes import Caller, House, Pages, Shown, needs
from mercat.web.subjects import kind_name
from mercat.web.tables import Action, Column, Empty, Filter, Index, Listed

router = Pages()
MUTES = Listed(
    alerts.ALERT_MUTES,
    Index(
        url="/alerts/mutes",
        title="Muted",
        one="mute",
        columns=(
            Column("rule_key", "Rule", "muted_rule"),
            Column("subject_id", "About", "muted_subject"),
            Column("until", "Until", "until"),
            Column("reason", "Why", drops=1),
            Column("muted_by", "By", drops=1),
        ),
        also=("subject_type",),
        filters=(Filter("subject_type", "About"),),
        actions=(Action("Hear of it again", "/alerts/mutes/end", "alerts.handle", "bell"),),
        empty=Empty(
            "Nothing is muted", "An alert's page mutes its rule, what it is about, or the one about the other."
        ),
    ),
)


@router.get("/alerts/mutes", **needs("alerts.read"))
def list_mutes(runtime: House, caller: Caller, page: Shown) -> Response:
    """What nobody wants to hear of."""
    with runtime.read(caller) as unit:
        table = MUTES.table(unit, page)
    return page.show("alerts/mutes.html", table=table, kind_name=kind_name)


@router.get("/alerts/mutes.{ending}", **needs("alerts.read"))
def mutes_file(ending: Literal["csv", "jsonl"], runtime: House, caller: Caller, page: Shown) -> Response:
    """All of them, a line each."""
    return MUTES.file(page, runtime, caller, ending)


@router.post("/alerts/mutes/end", **needs("alerts.handle"))
def end_mutes(runtime: House, caller: Caller, page: Shown, asked: Annotated[Selected, Form()]) -> Response:
    """Hear of these again."""
    done = runtime.attempt(lambda unit: each_of(asked.id, lambda each: alerts.unmute(unit, each)), caller)
    return page.go(own_address(asked.back, "/alerts/mutes"), said_of(*done, "mute", "ended"))


@router.post("/alerts/mutes/{mute_id:uuid}/end", **needs("alerts.handle"))
def end_mute(mute_id: UUID, runtime: House, caller: Caller, page: Shown, _asked: Annotated[Back, Form()]) -> Response:
    """Hear of it again."""
    runtime.attempt(lambda unit: alerts.unmute(unit, mute_id), caller)
    return page.go("/alerts", "You hear of it again")
