"""``mercat db seed``: data to develop and to measure with, in by the same doors as anybody's."""

from __future__ import annotations

import datetime as dt
import tempfile
import time
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from mercat.cli.display import number, say
from mercat.cli.options import files_at
from mercat.cli.progress import progressing
from mercat.cli.session import JsonOption, me, open_runtime, print_json
from mercat.core.jobs.watch import Watch
from mercat.core.unit import Runtime
from mercat.domain import register_configurable

app = typer.Typer(rich_markup_mode=None)
_DAYS = 30


class What(StrEnum):
    """What is made."""

    ALL = "all"
    CATEGORIES = "categories"
    PRODUCTS = "products"
    USERS = "users"
    MARKET = "market"
    STOCK = "stock"


@app.command(epilog="Example: mercat db seed products --count 100000 --seed 7")
def seed(
    what: Annotated[What, typer.Argument(help="All of them, or one.")] = What.ALL,
    *,
    count: Annotated[int | None, typer.Option("--count", min=1, help="How many; else a handful that suits.")] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="The same seed makes the same data.")] = 1,
    as_json: JsonOption = False,
) -> None:
    """Fill the database with made-up data, the same for the same seed. Products come as a supplier's file, and can be undone.

    Users have no password. The market is seen daily for thirty days; stock moves the quantities of seeded products.
    """
    register_configurable()
    wanted = list(_MAKERS) if what is What.ALL else [what]
    made: dict[str, Any] = {}
    with open_runtime() as runtime, progressing() as progress:
        for each in wanted:
            started = time.perf_counter()
            usual, make = _MAKERS[each]
            with tempfile.TemporaryDirectory() as folder:
                facts = make(runtime, Path(folder), count or usual, seed, Watch(progress=progress))
            made[each.value] = {**facts, "seconds": round(time.perf_counter() - started, 1)}
    if as_json:
        print_json({"seed": seed, "made": made})
        return
    for name, facts in made.items():
        say(
            f"{name}: "
            + ", ".join(f"{number(value) if isinstance(value, int) else value} {fact}" for fact, value in facts.items())
        )


def _categories(runtime: Runtime, folder: Path, count: int, seed: int, _watch: Watch) -> dict[str, Any]:
    from mercat.domain.catalog.service import import_categories, read_category_file
    from mercat.sandbox.seeds import write_categories

    path = folder / "categories.csv"
    write_categories(path, count=count, seed=seed)
    file = read_category_file(path)
    done = runtime.attempt(lambda unit: import_categories(unit, file.rows, title=f"seed {seed}: categories"), me())
    return {"created": done.created, "existing": done.existing}


def _products(
    runtime: Runtime, folder: Path, count: int, seed: int, watch: Watch, *, is_restocked: bool = False
) -> dict[str, Any]:
    from mercat.domain.suppliers import service as suppliers
    from mercat.sandbox.seeds import write_products

    path = folder / f"seed-{seed}.csv"
    write_products(path, count=count, seed=seed, is_restocked=is_restocked)
    request = suppliers.ImportRequest(files_at(path), supplier="seed", yes=True)
    done = suppliers.run_import(runtime, me(), request, progress=watch.progress)
    return {"rows": done.rows, "created": done.created, "updated": done.updated, "unchanged": done.unchanged}


def _stock(runtime: Runtime, folder: Path, count: int, seed: int, watch: Watch) -> dict[str, Any]:
    return _products(runtime, folder, count, seed, watch, is_restocked=True)


def _users(runtime: Runtime, _folder: Path, count: int, seed: int, _watch: Watch) -> dict[str, Any]:
    from mercat.domain.access import service as access
    from mercat.sandbox.seeds import people

    drafts = (
        access.UserDraft(each.username, each.email, each.role, each.first_name, each.last_name)
        for each in people(count, seed=seed)
    )
    created = access.create_users(runtime, me(), drafts)
    return {"created": created, "existing": count - created}


def _market(runtime: Runtime, folder: Path, count: int, seed: int, watch: Watch) -> dict[str, Any]:
    from mercat.core.clock import now
    from mercat.domain.market import service as market
    from mercat.sandbox.seeds import write_observations

    path = folder / f"seed-{seed}.csv"
    # Nothing is seen before its time.
    yesterday = now().date() - dt.timedelta(days=1)
    write_observations(path, count=count, seed=seed, days=_DAYS, until=yesterday)
    asked = market.ObservationImport(files_at(path), create=True, is_quiet=True)
    done = market.import_observations(runtime, me(), asked, watch=watch)
    return {"listings": done.created, "observations": done.new, "existing": done.duplicates}


_MAKERS: dict[What, tuple[int, Callable[[Runtime, Path, int, int, Watch], dict[str, Any]]]] = {
    What.CATEGORIES: (100, _categories),
    What.PRODUCTS: (1_000, _products),
    What.USERS: (20, _users),
    What.MARKET: (50, _market),
    What.STOCK: (1_000, _stock),
}
