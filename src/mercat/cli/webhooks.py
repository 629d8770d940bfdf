"""``mercat webhook``: other programs are told what happens here."""

from __future__ import annotations

from dataclasses import asdict
from enum import StrEnum
from typing import Annotated, Any

import typer

from mercat.cli.display import at, number, out, paged, print_paging, say, short, shown, status, table
from mercat.cli.errors import FAILED
from mercat.cli.session import JsonOption, PageOption, PerPageOption, me, open_runtime, print_json
from mercat.core.errors import Invalid
from mercat.domain.operations import service as operations

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True)

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="The endpoint's name, or its id.")]
EventOption = Annotated[
    list[str] | None,
    typer.Option(
        "--event", metavar="EVENT", help="Which events; all, if left out. `mercat webhook events` lists them."
    ),
]


class Fate(StrEnum):
    """What became of a delivery."""

    PENDING = "pending"
    DELIVERED = "delivered"
    DEAD = "dead"


@app.callback()
def webhook() -> None:
    """Endpoints that are sent signed events, by Standard Webhooks; a worker sends them (`mercat worker`)."""


@app.command()
def add(
    name: NameArgument,
    url: Annotated[str, typer.Argument(metavar="URL", help="Where to send to: https://…")],
    *,
    event: EventOption = None,
    description: Annotated[str | None, typer.Option("--description", help="What it is for.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Send events to an address. The secret that signs them is printed this once."""
    draft = operations.EndpointDraft(name, url, tuple(event or (operations.EVERYTHING,)), description)
    with open_runtime() as runtime:
        view, secret = operations.add_endpoint(runtime, me(), draft)
    if as_json:
        print_json({**asdict(view), "secret": secret})
        return
    say(f"{view.name} is sent {', '.join(view.events)}.")
    say(f"Its secret, shown this once: {secret}")
    say(f"Next: `mercat webhook test {view.name}`.", style="dim")


@app.command("list")
def list_(*, as_json: JsonOption = False) -> None:
    """The endpoints."""
    with open_runtime() as runtime, runtime.read(me()) as unit:
        views = operations.list_endpoints(unit)
    if as_json:
        print_json({"data": [asdict(each) for each in views], "total": len(views)})
        return
    if not views:
        say("There is no endpoint yet: `mercat webhook add NAME URL` adds one.")
        return
    rows = [(each.name, shown(each.url), shown(each.events), _state(each), at(each.last_success_at)) for each in views]
    out().print(table(("name", "address", "events", "state", "last taken"), rows))


@app.command()
def events(*, as_json: JsonOption = False) -> None:
    """The events that there are."""
    if as_json:
        print_json(operations.EVENTS)
    else:
        out().print(table(("event", "what it says"), operations.EVENTS.items()))


@app.command()
def show(name: NameArgument, *, as_json: JsonOption = False) -> None:
    """One endpoint with all that is known of it, but its secret."""
    with open_runtime() as runtime, runtime.read(me()) as unit:
        view = operations.get_endpoint(unit, name)
    if as_json:
        print_json(asdict(view))
        return
    for key, value in asdict(view).items():
        say(f"{key:<20}{at(value) if key.endswith(('_at', '_since', '_until')) else shown(value, most=400)}")


@app.command("set")
def set_(
    name: NameArgument,
    *,
    url: Annotated[str | None, typer.Option("--url", help="Another address.")] = None,
    event: EventOption = None,
    description: Annotated[str | None, typer.Option("--description", help="What it is for.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Change an endpoint."""
    if url is None and not event and description is None:
        message = "nothing to change: give --url, --event or --description"
        raise Invalid(message)
    with open_runtime() as runtime:
        view = operations.change_endpoint(runtime, me(), name, url=url, events=event or None, description=description)
    _say_changed(view, as_json=as_json)


@app.command()
def on(name: NameArgument, *, as_json: JsonOption = False) -> None:
    """Send to it again. What was given up is sent with `mercat webhook replay --dead NAME`."""
    with open_runtime() as runtime:
        view = operations.change_endpoint(runtime, me(), name, is_active=True)
    _say_changed(view, as_json=as_json)


@app.command()
def off(name: NameArgument, *, as_json: JsonOption = False) -> None:
    """Send nothing to it for now; what happens meanwhile it is not told."""
    with open_runtime() as runtime:
        view = operations.change_endpoint(runtime, me(), name, is_active=False)
    _say_changed(view, as_json=as_json)


@app.command()
def remove(name: NameArgument, *, as_json: JsonOption = False) -> None:
    """Send nothing to it any more, and forget what was sent."""
    with open_runtime() as runtime, runtime.write(me()) as unit:
        operations.remove_endpoint(unit, name)
    if as_json:
        print_json({"removed": name})
    else:
        say(f"{name} is removed.")


@app.command()
def rotate(name: NameArgument, *, as_json: JsonOption = False) -> None:
    """A new secret, printed this once; the old one signs beside it for `webhooks.rotation_hours`."""
    with open_runtime() as runtime:
        secret = operations.rotate_endpoint_secret(runtime, me(), name)
        with runtime.read(me()) as unit:
            view = operations.get_endpoint(unit, name)
    if as_json:
        print_json({**asdict(view), "secret": secret})
        return
    say(f"The new secret, shown this once: {secret}")
    if view.old_secret_until is not None:
        say(f"The old one signs beside it until {at(view.old_secret_until)} UTC.")


@app.command("test")
def send_test(name: NameArgument, *, as_json: JsonOption = False) -> None:
    """Send a test event now, and say what came of it; exit code 1 if it was not taken."""
    with open_runtime() as runtime:
        described = _described(operations.test_endpoint(runtime, me(), name), whole=True)
    is_taken = described["status"] == Fate.DELIVERED
    if as_json:
        print_json(described)
    elif is_taken:
        say(f"{name} took it: {described['last_status']} after {described['latency_ms']} ms.")
    else:
        say(f"{name} did not take it: {shown(described['error'], most=300)}")
    if not is_taken:
        raise typer.Exit(FAILED)


@app.command()
def deliveries(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="Only of this endpoint.")] = None,
    *,
    fate: Annotated[Fate | None, typer.Option("--status", help="Only these; dead ones were given up.")] = None,
    page: PageOption = 1,
    per_page: PerPageOption = 20,
    as_json: JsonOption = False,
) -> None:
    """What was sent and what came of it, newest first."""
    with open_runtime() as runtime, runtime.read(me()) as unit:
        found = operations.list_deliveries(
            unit, endpoint=name, status=None if fate is None else fate.value, page=page, per_page=per_page
        )
        described = [_described(each) for each in found]
    if as_json:
        print_json(paged(found, described))
        return
    if not described:
        say("There is no such delivery.")
        return
    rows = [
        (
            short(each["id"]),
            at(each["created_at"]),
            each["event"],
            status(each["status"]),
            number(each["attempts"]),
            "" if each["last_status"] is None else str(each["last_status"]),
            "" if each["latency_ms"] is None else f"{each['latency_ms']} ms",
            at(each["next_at"]),
            shown(each["error"] or "", most=60),
        )
        for each in described
    ]
    headings = ("id", "at", "event", "status", "tries", "answer", "after", "next try", "error")
    out().print(table(headings, rows, right=("tries", "after")))
    print_paging(found, "deliveries")


@app.command()
def delivery(
    reference: Annotated[str, typer.Argument(metavar="ID", help="The delivery's id, or the end of it.")],
    *,
    as_json: JsonOption = False,
) -> None:
    """One delivery with its body and every try."""
    with open_runtime() as runtime, runtime.read(me()) as unit:
        described = _described(operations.get_delivery(unit, reference), whole=True)
    if as_json:
        print_json(described)
        return
    for key, value in described.items():
        say(f"{key:<16}{at(value) if key.endswith('_at') else shown(value, most=2000)}")


@app.command()
def replay(
    reference: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="The delivery's id, or the end of it.")
    ] = None,
    *,
    dead: Annotated[
        str | None, typer.Option("--dead", metavar="NAME", help="All that was given up of this endpoint.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Send a delivery again, under its old id; or all that was given up of an endpoint."""
    if (reference is None) == (dead is None):
        message = "give the id of a delivery, or --dead NAME"
        raise Invalid(message)
    with open_runtime() as runtime, runtime.write(me()) as unit:
        if dead is not None:
            count = operations.replay_dead(unit, dead)
        else:
            operations.replay(unit, reference or "")
            count = 1
    if as_json:
        print_json({"replayed": count})
    else:
        say(f"{count} to be sent again; a worker does it.")


def _say_changed(view: operations.EndpointView, *, as_json: bool) -> None:
    if as_json:
        print_json(asdict(view))
    else:
        say(f"{view.name} is {_state(view)}; it is sent {', '.join(view.events)} at {shown(view.url)}.")


def _state(view: operations.EndpointView) -> str:
    if not view.is_active:
        return f"off: {shown(view.disabled_reason or '', most=80)}"
    return f"on, failing since {at(view.failing_since)}" if view.failing_since else "on"


def _described(delivery: Any, *, whole: bool = False) -> dict[str, Any]:
    names = (
        "id", "endpoint_id", "event", "status", "attempts", "created_at", "delivered_at", "next_at", "last_status",
        "latency_ms", "answer", "error",
    )  # fmt: skip
    return {name: getattr(delivery, name) for name in (*names, *(("payload", "tries") if whole else ()))}
