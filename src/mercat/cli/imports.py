"""``mercat import``: a supplier's file becomes the catalogue."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from mercat.cli.options import files_at, guards_of, profile_at, settings_of
from mercat.cli.progress import progressing
from mercat.cli.results import finish
from mercat.cli.session import JsonOption, me, open_runtime
from mercat.domain.suppliers import service as suppliers

app = typer.Typer(rich_markup_mode=None)


class Mode(StrEnum):
    """What a file may do to the catalogue."""

    UPSERT = "upsert"
    CREATE_ONLY = "create-only"
    UPDATE_ONLY = "update-only"


SupplierOption = Annotated[str, typer.Option("--supplier", help="Whose file it is: a code, made if it is new.")]
ProfileOption = Annotated[
    Path | None, typer.Option("--profile", help="A TOML profile that maps the columns; `mercat feed inspect` proposes.")
]
ConnectorOption = Annotated[
    str | None, typer.Option("--connector", help="Which connector reads it; recognised if you do not say.")
]
CurrencyOption = Annotated[str | None, typer.Option("--currency", help="The currency where the file says none.")]
CompleteOption = Annotated[
    bool, typer.Option("--complete", help="The file is the whole range: what is missing becomes inactive.")
]
ModeOption = Annotated[Mode, typer.Option("--mode", help="Create, update, or both.")]
GuardOption = Annotated[
    list[str] | None,
    typer.Option("--guard", metavar="NAME=VALUE", help="A limit of this import, e.g. price_change_pct=50 or =none."),
]
SettingOption = Annotated[
    list[str] | None,
    typer.Option("--setting", metavar="KEY=VALUE", help="A setting of the connector, e.g. read.encoding=cp1252."),
]
PlanOnlyOption = Annotated[bool, typer.Option("--plan-only", help="Plan and judge, but do not apply.")]
YesOption = Annotated[bool, typer.Option("--yes", help="Apply even what the guards would hold.")]


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="A file, or a folder whose files belong together.")],
    *,
    supplier: SupplierOption = "direct",
    profile: ProfileOption = None,
    connector: ConnectorOption = None,
    currency: CurrencyOption = None,
    complete: CompleteOption = False,
    mode: ModeOption = Mode.UPSERT,
    guard: GuardOption = None,
    setting: SettingOption = None,
    plan_only: PlanOnlyOption = False,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Import a supplier's file: read it, compare it, let the guards judge it, apply it.

    Safe to repeat: the same file again changes nothing. Exit code 3 says that the plan is held for review.
    """
    request = suppliers.ImportRequest(
        files_at(file),
        supplier=supplier,
        connector=connector,
        settings=settings_of(setting or []),
        profile=None if profile is None else profile_at(profile),
        currency=currency,
        mode=mode.value,
        complete=complete,
        guards=guards_of(guard or []),
        plan_only=plan_only,
        yes=yes,
    )
    with open_runtime() as runtime:
        with progressing() as progress:
            result = suppliers.run_import(runtime, me(), request, progress=progress)
        finish(result, as_json=as_json)
