"""``mercat user``: the people who may come in."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Annotated

import typer

from mercat.cli.asking import ask_password
from mercat.cli.display import aside, at, out, paged, print_paging, say, short, shown, table
from mercat.cli.session import JsonOption, PageOption, PerPageOption, me, open_runtime, print_json
from mercat.core.errors import Invalid
from mercat.core.unit import Runtime
from mercat.domain.access import service as access

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True)

UserArgument = Annotated[str, typer.Argument(metavar="USER", help="A user name, an e-mail address or an id.")]
RoleArgument = Annotated[str, typer.Argument(metavar="ROLE", help="viewer, operator, approver or admin.")]


@app.callback()
def user() -> None:
    """People who may come in. Passwords are asked for, or taken from MERCAT_USER_PASSWORD or standard input."""


@app.command()
def create(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The user name: letters of a to z, digits and . _ -")],
    *,
    email: Annotated[str, typer.Option("--email", help="Their e-mail address, by which they can sign in as well.")],
    role: Annotated[str, typer.Option("--role", help="viewer, operator, approver or admin.")] = "viewer",
    first_name: Annotated[str | None, typer.Option("--first-name", help="What they are called.")] = None,
    last_name: Annotated[str | None, typer.Option("--last-name", help="What their family is called.")] = None,
    invite: Annotated[
        bool, typer.Option("--invite", help="Print a link by which they choose a password, instead of asking for one.")
    ] = False,
    hashed: Annotated[
        bool, typer.Option("--hashed", help="What is asked for is a bcrypt or argon2 hash of an older system.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Make a user; the first one should be an administrator (--role admin)."""
    if invite and hashed:
        message = "--invite lets them choose a password, --hashed takes one over: give one of the two"
        raise Invalid(message)
    draft = access.UserDraft(name, email, role, first_name=first_name, last_name=last_name)
    with open_runtime() as runtime:
        if invite:
            _print_link(access.invite(runtime, me(), draft), as_json=as_json)
            return
        secret = ask_password("Its hash" if hashed else "Password", twice=not hashed)
        draft = replace(draft, password_hash=secret) if hashed else replace(draft, password=secret)
        view = access.create_user(runtime, me(), draft)
    _print(view, f"{view.username} can sign in, as {view.role}.", as_json=as_json)


@app.command("list")
def list_(
    *,
    role: Annotated[str | None, typer.Option("--role", help="Only those of this role.")] = None,
    page: PageOption = 1,
    per_page: PerPageOption = 50,
    as_json: JsonOption = False,
) -> None:
    """The users by name."""
    with open_runtime() as runtime, runtime.read(me()) as unit:
        found = access.list_users(unit, role=role, page=page, per_page=per_page)
    if as_json:
        print_json(paged(found, [asdict(each) for each in found]))
        return
    if not found.total:
        say("There is no user yet: `mercat user create NAME --email … --role admin` makes the first one.")
        return
    rows = [
        (each.username, each.email, each.role, _standing(each), at(each.last_login_at) or "never") for each in found
    ]
    out().print(table(("name", "e-mail", "role", "standing", "last sign-in"), rows))
    print_paging(found, "users")


@app.command()
def show(name: UserArgument, *, as_json: JsonOption = False) -> None:
    """One user."""
    with open_runtime() as runtime, runtime.read(me()) as unit:
        view = access.get_user(unit, name)
    if as_json:
        print_json(asdict(view))
        return
    for key, value in asdict(view).items():
        say(f"{key:<20}{at(value) or 'never' if key.endswith(('_at', '_until')) else shown(str(value))}")


@app.command("set-role")
def set_role(name: UserArgument, role: RoleArgument, *, as_json: JsonOption = False) -> None:
    """Give a user another role. The last administrator keeps theirs."""
    with open_runtime() as runtime:
        view = access.set_role(runtime, me(), name, role)
    _print(view, f"{view.username} is {view.role} now.", as_json=as_json)


@app.command()
def disable(name: UserArgument, *, as_json: JsonOption = False) -> None:
    """Close an account: its sessions end, its keys open nothing. What it did stays."""
    with open_runtime() as runtime:
        view = access.disable(runtime, me(), name)
    _print(
        view,
        f"The account of {view.username} is closed; `mercat user enable {view.username}` opens it.",
        as_json=as_json,
    )


@app.command()
def enable(name: UserArgument, *, as_json: JsonOption = False) -> None:
    """Open a closed account, and end the wait of somebody who mistyped their password too often."""
    with open_runtime() as runtime:
        view = access.enable(runtime, me(), name)
    _print(view, f"{view.username} can sign in.", as_json=as_json)


@app.command("reset-password")
def reset_password(
    name: UserArgument,
    *,
    link: Annotated[bool, typer.Option("--link", help="Print a link by which they choose one themselves.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Give a user a new password, or a link to choose one. All their sessions end."""
    with open_runtime() as runtime:
        if link:
            _print_link(access.make_reset_link(runtime, me(), name), as_json=as_json)
            return
        view = access.set_password(runtime, me(), name, ask_password("New password"))
    _print(view, f"{view.username} has a new password; their sessions have ended.", as_json=as_json)


@app.command()
def sessions(
    name: Annotated[str | None, typer.Argument(metavar="[USER]", help="Only those of this user.")] = None,
    *,
    revoke: Annotated[
        str | None, typer.Option("--revoke", metavar="ID|all", help="End one by its id (or the end of it), or all.")
    ] = None,
    page: PageOption = 1,
    per_page: PerPageOption = 50,
    as_json: JsonOption = False,
) -> None:
    """Where people are signed in, those seen last first; --revoke ends that."""
    with open_runtime() as runtime:
        if revoke is not None:
            ended = _end(runtime, name, revoke)
            if as_json:
                print_json({"ended": ended})
            else:
                say(f"{ended} sessions have ended.")
            return
        with runtime.read(me()) as unit:
            user_id = None if name is None else access.get_user(unit, name).id
            found = access.list_sessions(unit, user_id=user_id, page=page, per_page=per_page)
    if as_json:
        print_json(paged(found, [asdict(each) for each in found]))
        return
    rows = [
        (
            short(each.id),
            each.username,
            each.ip or "—",
            shown(each.user_agent),
            at(each.created_at),
            at(each.last_used_at),
        )
        for each in found
    ]
    out().print(table(("id", "user", "from", "with", "signed in", "last seen"), rows))
    print_paging(found, "sessions")


def _end(runtime: Runtime, name: str | None, which: str) -> int:
    if which != "all":
        access.revoke_session(runtime, me(), which)
        return 1
    if name is None:
        message = "--revoke all ends the sessions of one user: say whose, mercat user sessions USER --revoke all"
        raise Invalid(message)
    return access.revoke_sessions(runtime, me(), name)


def _print(view: access.UserView, line: str, *, as_json: bool) -> None:
    if as_json:
        print_json(asdict(view))
    else:
        say(line, style="green")


def _print_link(link: access.NewLink, *, as_json: bool) -> None:
    if as_json:
        print_json({"user": asdict(link.user), "token": link.token, "expires_at": link.expires_at})
        return
    # The token alone on standard output, so that it can be passed on; it is not shown again.
    say(link.token)
    aside().print(f"{link.user.username} chooses a password with it until {at(link.expires_at)} UTC, once.")


def _standing(view: access.UserView) -> str:
    if not view.is_active:
        return "closed"
    if view.locked_until is not None:
        return "waits after failures"
    if view.reset_requested_at is not None:
        return "asked for a new password"
    return "can sign in" if view.has_password else "invited"
