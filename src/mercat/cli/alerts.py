"""``mercat alerts``: what needs a person, and what is done about it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

import typer

from mercat.cli import alert_rules
from mercat.cli.display import at, out, say, short, shown, table
from mercat.cli.listing import print_rows, rows_of
from mercat.cli.next_steps import command_of
from mercat.cli.options import seconds_of
from mercat.cli.session import JsonOption, PageOption, PerPageOption, me, open_runtime, print_json
from mercat.core.errors import Invalid
from mercat.core.unit import ReadUnit, WriteUnit
from mercat.domain.alerts import service as alerts

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True)
app.add_typer(alert_rules.app, name="rules")

IdsArgument = Annotated[
    list[str], typer.Argument(metavar="ID…", help="Alerts: their ids, or the ends of them as the list shows them.")
]


class Status(StrEnum):
    """How an alert stands."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    SNOOZED = "snoozed"
    RESOLVED = "resolved"


class Severity(StrEnum):
    """How loud it is."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


@app.callback(epilog="Example: mercat alerts list --severity critical; mercat alerts snooze 1a2b3c4d --for 6h")
def alerts_() -> None:
    """What needs a person. The same again is counted, not told twice; what is over is resolved by itself."""


@app.command("list")
def list_(
    *,
    status: Annotated[
        list[Status] | None, typer.Option("--status", help="Of these; what is not resolved, if left out.")
    ] = None,
    severity: Annotated[list[Severity] | None, typer.Option("--severity", help="Of these.")] = None,
    kind: Annotated[str | None, typer.Option("--type", help="Of this type, e.g. price_change.")] = None,
    q: Annotated[str | None, typer.Option("--q", help="With this text in it.")] = None,
    page: PageOption = 1,
    per_page: PerPageOption = 50,
    as_json: JsonOption = False,
) -> None:
    """The alerts, newest first."""
    unresolved = (Status.OPEN, Status.ACKNOWLEDGED, Status.SNOOZED)
    equal: dict[str, Sequence[Any]] = {"status": [each.value for each in status or unresolved]}
    if severity:
        equal["severity"] = [each.value for each in severity]
    if kind:
        equal["alert_type"] = [kind]
    rows = rows_of(alerts.ALERTS, equal, q=q, page=page, per_page=per_page)
    if as_json:
        print_json(rows)
        return
    if not rows["data"]:
        say("Nothing needs you.")
        return
    lines = [
        (
            short(each["id"]),
            at(each["opened_at"]),
            each["severity"],
            each["status"],
            shown(each["title"], most=80),
            str(each["occurrences"]),
        )
        for each in rows["data"]
    ]
    out().print(table(("id", "since (UTC)", "severity", "status", "what", "seen"), lines, right=("seen",)))
    print_rows(rows, "alerts")


@app.command()
def show(
    alert: Annotated[str, typer.Argument(metavar="ID", help="Its id, or the end of it.")],
    *,
    as_json: JsonOption = False,
) -> None:
    """One alert with all that is known of it."""
    with open_runtime() as runtime, runtime.read(me()) as unit:
        found = alerts.get_alert(unit, alert)
        # What the list works out itself, such as its order of urgency, is no column.
        described = {name: getattr(found, name) for name in alerts.ALERTS.fields if hasattr(found, name)}
    if as_json:
        print_json(described)
        return
    for key, value in described.items():
        if value not in (None, {}):
            say(f"{key:<20}{at(value) if key.endswith(('_at', '_until')) else shown(value, most=1000)}")
    command = command_of(described)
    if command is not None and described["status"] != "resolved":
        say(f"Next: `{command}`.")


@app.command()
def ack(ids: IdsArgument, *, as_json: JsonOption = False) -> None:
    """You look after them: they stay open, and are told again only if they become worse."""
    _handle(ids, alerts.acknowledge, "acknowledged", as_json=as_json)


@app.command()
def snooze(
    ids: IdsArgument,
    *,
    span: Annotated[str, typer.Option("--for", metavar="SPAN", help="For how long, e.g. 90m, 6h, 2d.")] = "24h",
    as_json: JsonOption = False,
) -> None:
    """Silent for a while, and told again if it is still so."""
    seconds = seconds_of(span)
    _handle(
        ids,
        lambda unit, found: alerts.snooze(unit, found, unit.now + dt.timedelta(seconds=seconds)),
        f"snoozed for {span}",
        as_json=as_json,
    )


@app.command()
def resolve(
    ids: IdsArgument,
    *,
    notes: Annotated[str | None, typer.Option("--notes", help="What was done.")] = None,
    as_json: JsonOption = False,
) -> None:
    """They are settled: nothing is raised of the same for the rule's cooldown."""
    _handle(ids, lambda unit, found: alerts.resolve(unit, found, notes=notes), "resolved", as_json=as_json)


@app.command()
def reopen(ids: IdsArgument, *, as_json: JsonOption = False) -> None:
    """Open again, as if nobody had looked at them: what was acknowledged, snoozed, or resolved by a person."""
    _handle(ids, alerts.reopen, "opened again", as_json=as_json)


@app.command()
def mute(
    *,
    rule: Annotated[str | None, typer.Option("--rule", help="This rule, e.g. rank_dropped.")] = None,
    subject: Annotated[
        str | None, typer.Option("--subject", metavar="TYPE:ID", help="This subject, e.g. store:0198…")
    ] = None,
    span: Annotated[
        str | None, typer.Option("--for", metavar="SPAN", help="For how long; for good, if left out.")
    ] = None,
    reason: Annotated[str | None, typer.Option("--reason", help="Why.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Raise nothing of a rule, about a subject, or of a rule about a subject."""
    about = None
    if subject is not None:
        kind, mark, id_ = subject.partition(":")
        if not mark or not id_:
            message = f"{subject!r} should look like TYPE:ID, as `mercat alerts show` says them"
            raise Invalid(message)
        about = alerts.Subject(kind, id_)
    with open_runtime() as runtime, runtime.write(me()) as unit:
        until = None if span is None else unit.now + dt.timedelta(seconds=seconds_of(span))
        made = alerts.mute(unit, rule=rule, subject=about, until=until, reason=reason).id
    if as_json:
        print_json({"id": made, "until": until})
    else:
        say(
            f"Muted {'for good' if until is None else f'until {at(until)} UTC'}: `mercat alerts unmute {made}` undoes it."
        )


@app.command()
def mutes(*, page: PageOption = 1, per_page: PerPageOption = 50, as_json: JsonOption = False) -> None:
    """What is muted."""
    rows = rows_of(alerts.ALERT_MUTES, {}, page=page, per_page=per_page)
    if as_json:
        print_json(rows)
        return
    lines = [
        (
            str(each["id"]),
            each["rule_key"] or "every rule",
            shown(f"{each['subject_type']}:{each['subject_id']}") if each["subject_id"] else "everything",
            at(each["until"]) or "for good",
            shown(each["reason"] or ""),
        )
        for each in rows["data"]
    ]
    out().print(table(("id", "rule", "about", "until (UTC)", "why"), lines))
    print_rows(rows, "mutes")


@app.command()
def unmute(
    mute: Annotated[UUID, typer.Argument(metavar="ID", help="As `mercat alerts mutes` shows it.")],
    *,
    as_json: JsonOption = False,
) -> None:
    """Hear of it again."""
    with open_runtime() as runtime, runtime.write(me()) as unit:
        alerts.unmute(unit, mute)
    if as_json:
        print_json({"id": mute, "removed": True})
    else:
        say("It is heard of again.")


def _handle(ids: list[str], do: Callable[[WriteUnit, list[UUID]], Sequence[Any]], done: str, *, as_json: bool) -> None:
    with open_runtime() as runtime:
        handled = runtime.attempt(lambda unit: [each.id for each in do(unit, _found(unit, ids))], me())
    if as_json:
        print_json({"handled": handled})
    else:
        say(f"{len(handled)} {'alert is' if len(handled) == 1 else 'alerts are'} {done}.")


def _found(unit: ReadUnit, references: list[str]) -> list[UUID]:
    return [alerts.get_alert(unit, each).id for each in references]
