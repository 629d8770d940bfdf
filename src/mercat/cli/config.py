"""``mercat config``: the settings of the environment, and what can be changed while Mercat runs."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import Annotated, Any

import typer

from mercat.cli.display import at, out, paged, print_paging, say, shown, table
from mercat.cli.session import JsonOption, PageOption, PerPageOption, me, open_runtime, print_json
from mercat.core.errors import Invalid
from mercat.core.settings import describe, load
from mercat.domain import register_configurable
from mercat.domain.operations import service as operations

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True)
KeyArgument = Annotated[str, typer.Argument(metavar="KEY", help="E.g. retention.logs_days.")]


@app.callback()
def config() -> None:
    """`show` is the environment, read once at the start; the other commands are about what changes at once."""
    register_configurable()


@app.command()
def show(*, as_json: JsonOption = False) -> None:
    """Every setting of the environment with its value; secrets are masked."""
    settings = describe(load())
    if as_json:
        print_json(settings)
        return
    out().print(table(("setting", "value", "what it is"), [(s["name"], s["value"], s["help"]) for s in settings]))


@app.command("list")
def list_(
    *,
    category: Annotated[
        str | None, typer.Option("--category", help="Only these: the first part of their names, e.g. retention.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Every key with what it is set to; secrets are masked."""
    with open_runtime() as runtime, runtime.read(me()) as unit:
        views = operations.list_configurations(unit, category=category)
    if as_json:
        print_json({"data": [asdict(each) for each in views], "total": len(views)})
        return
    rows = [(each.key, _value(each), "" if each.is_set else "default", each.description) for each in views]
    out().print(table(("key", "value", "", "what it is"), rows))


@app.command()
def get(key: KeyArgument, *, as_json: JsonOption = False) -> None:
    """One key: what it is set to, what it takes, and who changed it last."""
    with open_runtime() as runtime, runtime.read(me()) as unit:
        view = operations.get_configuration(unit, key)
    if as_json:
        print_json(asdict(view))
        return
    say(f"{view.key} = {_value(view)}" + ("" if view.is_set else "  (the default)"))
    say(view.description)
    say(f"It takes {view.takes}; the default is {shown(view.default)}.", style="dim")
    if view.changed_by is not None:
        say(f"Changed by {view.changed_by}, {at(view.changed_at)}.", style="dim")


@app.command("set")
def set_(
    key: KeyArgument,
    value: Annotated[
        str | None,
        typer.Argument(metavar="VALUE", help="What to set it to; a secret is asked for, or read from stdin."),
    ] = None,
    *,
    default: Annotated[bool, typer.Option("--default", help="Put it back to its default.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Change a key. A secret is never an argument: it is asked for, or read from standard input."""
    with open_runtime() as runtime:
        with runtime.read(me()) as unit:
            view = operations.get_configuration(unit, key)
        text = None if default else _given(view, value)
        with runtime.write(me()) as unit:
            view = operations.set_configuration(unit, runtime.secrets, key, text)
    if as_json:
        print_json(asdict(view))
    else:
        say(f"{view.key} is {_value(view)}" + ("." if view.is_set else " again, the default."))


def _given(view: operations.ConfigurationView, value: str | None) -> str:
    if view.data_type != "secret":
        if value is None:
            message = f"{view.key} takes {view.takes}: give it as the second argument, or --default"
            raise Invalid(message)
        return value
    if value is not None:
        message = f"{view.key} is a secret: leave the value out, and it is asked for or read from standard input"
        raise Invalid(message)
    if sys.stdin.isatty():
        asked: str = typer.prompt(view.key, hide_input=True, err=True)
        return asked
    return sys.stdin.readline().rstrip("\r\n")


@app.command()
def history(
    key: Annotated[str | None, typer.Argument(metavar="[KEY]", help="Only of this key.")] = None,
    *,
    page: PageOption = 1,
    per_page: PerPageOption = 20,
    as_json: JsonOption = False,
) -> None:
    """Who changed what, newest first."""
    with open_runtime() as runtime, runtime.read(me()) as unit:
        found = operations.configuration_history(unit, key, page=page, per_page=per_page)
        described = [_change(each) for each in found]
    if as_json:
        print_json(paged(found, described))
        return
    if not described:
        say("Nothing was changed yet.")
        return
    rows = [
        (at(each["at"]), each["key"], shown(each["old_value"]), shown(each["new_value"]), each["actor"])
        for each in described
    ]
    out().print(table(("at", "key", "from", "to", "by"), rows))
    print_paging(found, "changes")


def _change(change: Any) -> dict[str, Any]:
    return {
        "at": change.created_at,
        "key": change.key,
        "old_value": change.old_value,
        "new_value": change.new_value,
        "actor": change.actor,
        "user_id": change.user_id,
    }


def _value(view: operations.ConfigurationView) -> str:
    return shown(view.value, most=80)
