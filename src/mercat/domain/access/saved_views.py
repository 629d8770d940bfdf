"""Lists that a user comes back to, by name: what of a list they want to see, as its address says it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode

from mercat.core.errors import Conflict, Invalid, NotFound
from mercat.core.unit import ReadUnit, WriteUnit
from mercat.domain.access.models import UserSettings
from mercat.domain.access.preferences import own_id
from mercat.domain.access.user_repository import UserSettingsRepository

_LONGEST_NAME, _LONGEST_QUERY, _MOST = 40, 1_000, 12


@dataclass(frozen=True)
class SavedView:
    """``query`` is what stands behind the question mark; ``is_default``: the list opens with it."""

    name: str
    query: str
    is_default: bool = False


def list_views(unit: ReadUnit, of: str) -> list[SavedView]:
    """The actor's own views of a list, in the order in which they were saved."""
    unit.actor.require("access.own")
    return _kept(UserSettingsRepository(unit.session).of(own_id(unit.actor)), of)


def save_view(unit: WriteUnit, of: str, view: SavedView) -> SavedView:
    """Keep a view; one of the same name is replaced, and of a list only one is its default. Raises ``Invalid``, ``Conflict``."""
    unit.actor.require("access.own")
    name = " ".join(view.name.split())
    if not 1 <= len(name) <= _LONGEST_NAME or not name.isprintable():
        message = f"a view has a name of 1 to {_LONGEST_NAME} characters"
        raise Invalid(message, field="name")
    query = urlencode(parse_qsl(view.query))
    if not query or len(query) > _LONGEST_QUERY:
        message = "narrow the list first: a view keeps what is asked of it"
        raise Invalid(message, field="query")
    row = _row(unit)
    kept = [each for each in _kept(row, of) if each.name != name]
    if len(kept) >= _MOST:
        message = f"{_MOST} views are enough for one list: remove one first"
        raise Conflict(message)
    made = SavedView(name, query, view.is_default)
    if made.is_default:
        kept = [SavedView(each.name, each.query) for each in kept]
    _keep(unit, row, of, [*kept, made])
    return made


def remove_view(unit: WriteUnit, of: str, name: str) -> None:
    """Forget a view. Raises ``NotFound``."""
    unit.actor.require("access.own")
    row = _row(unit)
    kept = _kept(row, of)
    if name not in {each.name for each in kept}:
        message = f"there is no view {name[:_LONGEST_NAME]}"
        raise NotFound(message)
    _keep(unit, row, of, [each for each in kept if each.name != name])


def _row(unit: WriteUnit) -> UserSettings:
    row = UserSettingsRepository(unit.session).of(own_id(unit.actor))
    if row is None:
        row = UserSettings(user_id=own_id(unit.actor))
        unit.add(row)
    return row


def _kept(row: UserSettings | None, of: str) -> list[SavedView]:
    said: dict[str, Any] = (row.saved_views if row is not None else None) or {}
    return [SavedView(**each) for each in said.get(of, [])]


def _keep(unit: WriteUnit, row: UserSettings, of: str, views: list[SavedView]) -> None:
    # A new value, so that it is seen to have changed.
    row.saved_views = {**(row.saved_views or {}), of: [asdict(each) for each in views]}
    unit.save()
