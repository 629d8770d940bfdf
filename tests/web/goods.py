"""Who works in the shop of the browser tests, and what it sells."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from mercat.core.actor import Actor
from mercat.core.unit import Runtime
from mercat.domain.access import service as access
from mercat.domain.catalog import service as catalog
from mercat.domain.suppliers import service as suppliers
from tests.pictures import photograph, written
from tests.web import watched, work

TERMINAL = Actor("user", "root", via="terminal")
PASSWORD = "four green lamps"
# Everybody by their role: ada may do everything, vera only look.
PEOPLE = {"ada": "admin", "alan": "approver", "olga": "operator", "vera": "viewer"}
LONG = "Height-adjustable desk with a name that goes on and on, Donaudampfschifffahrtsgesellschaftskapitänsmützenhalter"


def fill(runtime: Runtime) -> dict[str, str]:
    """People of every role, sixty products, one of them with everything as long as it can be, and a price list that is held."""
    made = {}
    for name, role in PEOPLE.items():
        draft = access.UserDraft(name, f"{name}@example.com", role, password=PASSWORD)
        made[name] = access.create_user(runtime, TERMINAL, draft).id
    # A dozen rows are looked at as closely as fifty, in a quarter of the time.
    ada = Actor("user", "ada", id=made["ada"])
    access.update_settings(runtime, ada, access.SettingsView(per_page=12))
    documents = [product(number) for number in range(1, 60)]
    documents.append(product(60, name=LONG, brand="Grünfeld & Söhne Büroausstattungsgesellschaft mbH"))
    suppliers.state_products(runtime, TERMINAL, documents, suppliers.UploadDraft(yes=True))
    with tempfile.TemporaryDirectory() as folder:
        lamp = written(Path(folder), "a photograph with a name that is as long as names are.jpg", photograph())
        catalog.add_pictures(runtime, ada, "P-003", [(lamp, lamp.name)], alt_text="A ream of paper")
    work.begin(runtime)
    with runtime.read() as unit:
        category = catalog.categories.tree(unit)[0].id
    return {"category": str(category), "held": held(runtime), **watched.begin(runtime)}


def held(runtime: Runtime) -> str:
    """The id of a price list of twenty rows that waits: three prices jump, one falls below cost, three move, two are new."""
    jumps = {n: {"price": f"{n * 9}.90"} for n in (3, 4, 5)} | {18: {"price": "17.00"}}
    moves = {n: {"price": f"{n}.95"} for n in (7, 8, 9)}
    rows = [priced(n, **{**jumps, **moves}.get(n, {})) for n in range(1, 19)]
    rows += [product(61), product(62, name=f"{LONG} {LONG}")]
    result, _ = suppliers.state_products(runtime, TERMINAL, rows, suppliers.UploadDraft())
    return str(result.change_set)


def priced(number: int, **variant: str) -> dict[str, Any]:
    """A product with another price."""
    stated = product(number)
    stated["variants"] = [{**stated["variants"][0], **variant}]
    return stated


def product(number: int, **other: Any) -> dict[str, Any]:
    """A product as our documents have it."""
    stated = {
        "name": f"Copy paper A4 {70 + number} g",
        "brand": ("Northwind", "Maple", "Kestrel")[number % 3],
        "status": ("active", "active", "active", "draft", "archived")[number % 5],
        "category": ("Paper > Copy paper", "Paper > Notebooks", "Desk > Lamps")[number % 3],
        "variants": [
            {"sku": f"P-{number:03}", "price": f"{number}.90", "currency": "EUR", "cost_price": f"{number}.10"}
        ],
    }
    return {**stated, **other}
