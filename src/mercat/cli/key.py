"""``mercat key``: what lets programs in."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict
from typing import Annotated

import typer

from mercat.cli.display import aside, at, out, paged, plain, print_paging, say, table
from mercat.cli.options import seconds_of
from mercat.cli.session import JsonOption, PageOption, PerPageOption, me, open_runtime, print_json
from mercat.domain.access import service as access

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True)


@app.callback()
def key() -> None:
    """Programs that may come in: over HTTP, with `Authorization: Bearer mk_…`."""


@app.command()
def create(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What it is for, e.g. 'nightly import'.")],
    *,
    user: Annotated[str, typer.Option("--user", help="Whose it is: it may no more than they may.")],
    scope: Annotated[
        list[str] | None,
        typer.Option("--scope", help="A permission such as catalog.read, or a role for all it holds. Repeatable."),
    ] = None,
    expires: Annotated[str | None, typer.Option("--expires", metavar="SPAN", help="How long it is good: 90d.")] = None,
    rate: Annotated[int | None, typer.Option("--rate", min=1, help="Requests a minute, at most.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Make a key. It is printed once, and cannot be shown again. Without --scope it may only read."""
    with open_runtime() as runtime:
        with runtime.read(me()) as unit:
            expires_at = None if expires is None else unit.now + dt.timedelta(seconds=seconds_of(expires))
        draft = access.KeyDraft(name, scope or [access.VIEWER], expires_at, rate)
        made = access.create_key(runtime, me(), draft, owner=user)
    if as_json:
        print_json({**asdict(made.key), "secret": made.secret})
        return
    say(made.secret)
    until = "until it is revoked" if made.key.expires_at is None else f"until {at(made.key.expires_at)} UTC"
    aside().print(f"A key of {made.key.username}, good {until}. It is not shown again: keep it now.")


@app.command("list")
def list_(
    *,
    user: Annotated[str | None, typer.Option("--user", help="Only those of this user.")] = None,
    page: PageOption = 1,
    per_page: PerPageOption = 50,
    as_json: JsonOption = False,
) -> None:
    """The keys, newest first; never what opens."""
    with open_runtime() as runtime, runtime.read(me()) as unit:
        user_id = None if user is None else access.get_user(unit, user).id
        found = access.list_keys(unit, user_id=user_id, page=page, per_page=per_page)
        now = unit.now
    if as_json:
        print_json(paged(found, [asdict(each) for each in found]))
        return
    rows = [
        (
            each.prefix,
            each.name,
            each.username,
            len(each.scopes),
            at(each.last_used_at) or "never",
            _standing(each, now),
        )
        for each in found
    ]
    out().print(table(("key", "name", "user", "scopes", "last used", "standing"), rows, right=("scopes",)))
    print_paging(found, "keys")


@app.command()
def revoke(
    reference: Annotated[str, typer.Argument(metavar="KEY", help="Its beginning as it is listed, or its id.")],
    *,
    as_json: JsonOption = False,
) -> None:
    """End a key. Servers that run take it for at most five seconds more."""
    with open_runtime() as runtime:
        view = access.revoke_key(runtime, me(), reference)
    if as_json:
        print_json(asdict(view))
    else:
        say(f"The key {view.prefix} ({plain(view.name)}) of {view.username} opens nothing any more.")


@app.command("rotate-signing")
def rotate_signing(*, as_json: JsonOption = False) -> None:
    """Sign access tokens with a new key; those signed before stay good until they are over, 15 minutes at most."""
    with open_runtime() as runtime:
        made = access.rotate_signing(runtime, me())
    if as_json:
        print_json({"signing_key": made})
    else:
        say("Access tokens are signed with a new key from now on. Nobody has to sign in again.")


def _standing(view: access.KeyView, now: dt.datetime) -> str:
    if view.revoked_at is not None:
        return "revoked"
    if view.expires_at is None:
        return "good"
    return "over" if view.expires_at <= now else f"until {at(view.expires_at)}"
