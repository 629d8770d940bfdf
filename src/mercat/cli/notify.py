"""``mercat notify``: who was told of what, and whether telling works."""

from __future__ import annotations

from typing import Annotated

import typer

from mercat.cli.display import at, out, say, shown, table
from mercat.cli.listing import print_rows, rows_of
from mercat.cli.session import JsonOption, PageOption, PerPageOption, me, open_runtime, print_json
from mercat.domain.alerts import service as alerts

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True)


@app.callback(epilog="Example: mercat notify test ann@example.com")
def notify() -> None:
    """People are told in the app, by e-mail (`mercat config list --category smtp`) and by webhook."""


@app.command("test")
def send(
    to: Annotated[str, typer.Argument(metavar="ADDRESS", help="Where the test is sent.")],
    *,
    as_json: JsonOption = False,
) -> None:
    """Send a test e-mail now, and say what the server said. Webhooks have `mercat webhook test`."""
    with open_runtime() as runtime:
        alerts.send_test(runtime, me(), to)
    if as_json:
        print_json({"to": to, "taken": True})
    else:
        say(f"The server took it for {to}.")


@app.command("list")
def list_(
    *,
    status: Annotated[str | None, typer.Option("--status", help="unread, read, pending, sent or failed.")] = None,
    channel: Annotated[str | None, typer.Option("--channel", help="in_app, email or webhook.")] = None,
    page: PageOption = 1,
    per_page: PerPageOption = 50,
    as_json: JsonOption = False,
) -> None:
    """Everybody's notifications, newest first, with what became of each."""
    given = {"status": status, "channel": channel}
    rows = rows_of(
        alerts.NOTIFICATION_LOG, {name: [value] for name, value in given.items() if value}, page=page, per_page=per_page
    )
    if as_json:
        print_json(rows)
        return
    lines = [
        (
            at(each["created_at"]),
            each["channel"],
            each["status"],
            shown(each["title"]),
            shown(each["error"] or "", most=80),
        )
        for each in rows["data"]
    ]
    out().print(table(("at (UTC)", "by", "status", "what", "what went wrong"), lines))
    print_rows(rows, "notifications")
