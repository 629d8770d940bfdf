"""People for the tests of this room, and what they know."""

import datetime as dt
from dataclasses import replace
from uuid import UUID

from sqlalchemy import update

from mercat.core.actor import Actor
from mercat.core.database.base import Row
from mercat.core.unit import Runtime
from mercat.domain.access import service as access

TERMINAL = Actor("user", "root", via="terminal")
PASSWORD = "slow green lamp 7"
ANOTHER = "quick red kettle 9"


def add_user(runtime: Runtime, name: str = "ann", role: str = "viewer", **more: str) -> access.UserView:
    draft = access.UserDraft(name, f"{name}@example.com", role, password=PASSWORD)
    return access.create_user(runtime, TERMINAL, replace(draft, **more))


def actor_for(user: access.UserView) -> Actor:
    return Actor("user", user.username, access.ROLES[user.role], id=user.id)


def sign_in(runtime: Runtime, name: str = "ann", password: str = PASSWORD, address: str = "") -> access.Tokens:
    return access.sign_in(runtime, name, password, address=address)


def put(runtime: Runtime, model: type[Row], row_id: UUID | None = None, **values: object) -> None:
    """Change rows past the service: how a test lets time go by."""
    statement = update(model).values(**values)
    with runtime.write() as unit:
        unit.session.execute(statement if row_id is None else statement.where(model.id == row_id))


def ago(runtime: Runtime, **span: float) -> dt.datetime:
    with runtime.read() as unit:
        return unit.now - dt.timedelta(**span)
