"""Settings that a merchant changes while Mercat runs: typed, checked, with a history, secrets sealed."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeVar

from mercat.core.errors import Invalid, NotFound
from mercat.core.log import get_logger
from mercat.core.page import Page
from mercat.core.redaction import HIDDEN
from mercat.core.secrets import Secrets
from mercat.core.unit import ReadUnit, WriteUnit
from mercat.domain.access.messages import Administered
from mercat.domain.operations.configurable import Key, known_keys
from mercat.domain.operations.configuration_repository import ConfigurationChangeRepository, ConfigurationRepository
from mercat.domain.operations.models import Configuration, ConfigurationChange

log = get_logger(__name__)
T = TypeVar("T")
_VALUE = "value"


@dataclass(frozen=True)
class ConfigurationView:
    """A key with what it is set to; of a secret only whether it is set."""

    key: str
    value: Any
    default: Any
    is_set: bool
    data_type: str
    category: str
    description: str
    takes: str
    validation_regex: str | None
    changed_by: str | None
    changed_at: dt.datetime | None


def value_of(unit: ReadUnit, key: Key[T]) -> T:
    """What a key is set to, or its default. For secrets there is ``secret_of``.

    What an older Mercat let in and this one does not take counts for nothing, and the log says so: work goes on.
    """
    row = ConfigurationRepository(unit.session).by_key(key.name)
    if row is None or row.value is None:
        return key.default
    try:
        return key.parse(row.value)
    except Invalid as wrong:
        log.warning("configuration_passed_over", key=key.name, reason=wrong.message)
        return key.default


def secret_of(unit: ReadUnit, secrets: Secrets, key: Key[str | None]) -> str | None:
    """A secret's value, or ``None`` where it is not set."""
    row = ConfigurationRepository(unit.session).by_key(key.name)
    return None if row is None or row.value is None else secrets.open(row.value, _place(key.name))[_VALUE]


def get_configuration(unit: ReadUnit, name: str) -> ConfigurationView:
    """One key. Raises ``NotFound``."""
    unit.actor.require("operations.configure")
    key = _key(name)
    return _view(key, ConfigurationRepository(unit.session).by_key(key.name))


def list_configurations(unit: ReadUnit, *, category: str | None = None) -> list[ConfigurationView]:
    """Every key, by name."""
    unit.actor.require("operations.configure")
    changed = ConfigurationRepository(unit.session).all_by_key()
    keys = [each for each in known_keys().values() if category is None or each.category == category]
    return [_view(each, changed.get(each.name)) for each in keys]


def set_configuration(unit: WriteUnit, secrets: Secrets, name: str, text: str | None) -> ConfigurationView:
    """Set a key to what the text stands for; ``None`` puts it back to its default. The same value again changes nothing.

    Raises ``NotFound`` for a key that there is not, ``Invalid`` for a value that it does not take.
    """
    unit.actor.require("operations.configure")
    key = _key(name)
    value = None if text is None else key.text_of(key.parse(text))
    repository = ConfigurationRepository(unit.session)
    row = repository.by_key(key.name)
    before = _current(row, key, secrets)
    if value == before:
        return _view(key, row)
    unit.add(
        ConfigurationChange(
            key=key.name,
            old_value=_told(key, before),
            new_value=_told(key, value),
            actor=unit.actor.name,
            user_id=unit.actor.id,
        )
    )
    # Which value it was the key's own history says.
    unit.announce(Administered("configuration.changed", ("configuration", key.name, key.name)))
    if value is None:
        if row is not None:
            unit.remove(row)
        return _view(key, None)
    if row is None:
        row = Configuration(key=key.name)
        repository.add(row)
    _describe(row, key)
    row.value = secrets.seal({_VALUE: value}, _place(key.name)) if key.is_secret else value
    row.changed_by = unit.actor.name
    unit.save()
    return _view(key, row)


def text_for(name: str, value: Any) -> str:
    """A plain value, as programs give it, as the text that ``set_configuration`` takes. Raises ``NotFound``."""
    if _key(name).data_type == "json":
        # What was read exactly is kept as the number that it is.
        return json.dumps(value, ensure_ascii=False, default=float)
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def configuration_history(
    unit: ReadUnit, name: str | None = None, *, page: int = 1, per_page: int = 50
) -> Page[ConfigurationChange]:
    """Who changed what, newest first; secrets are masked. Raises ``NotFound`` for a key that there is not."""
    unit.actor.require("operations.configure")
    key = None if name is None else _key(name).name
    return ConfigurationChangeRepository(unit.session).newest(key, page=page, per_page=per_page)


def reseal_configurations(unit: WriteUnit, secrets: Secrets) -> int:
    """Seal every secret with the newest key; how many."""
    rows = ConfigurationRepository(unit.session).sealed()
    for row in rows:
        place = _place(row.key)
        row.value = secrets.seal(secrets.open(row.value or "", place), place)
    return len(rows)


def _key(name: str) -> Key[Any]:
    found = known_keys().get(name.strip())
    if found is None:
        message = f"there is no configuration {name}; mercat config list shows all"
        raise NotFound(message)
    return found


def _place(name: str) -> str:
    return f"configurations:{name}"


def _current(row: Configuration | None, key: Key[Any], secrets: Secrets) -> str | None:
    if row is None or row.value is None or not key.is_secret:
        return None if row is None else row.value
    return secrets.open(row.value, _place(key.name))[_VALUE]


def _told(key: Key[Any], value: str | None) -> str | None:
    return HIDDEN if key.is_secret and value is not None else value


def _describe(row: Configuration, key: Key[Any]) -> None:
    """The row says what it is, for whoever reads the table without the code."""
    row.data_type, row.description, row.category = key.data_type, key.description, key.category
    row.is_encrypted, row.validation_regex = key.is_secret, key.pattern


def _view(key: Key[Any], row: Configuration | None) -> ConfigurationView:
    is_set = row is not None and row.value is not None
    shown: Any = key.default
    if row is not None and row.value is not None:
        shown = HIDDEN if key.is_secret else key.parse(row.value)
    return ConfigurationView(
        key=key.name,
        value=shown,
        default=key.default,
        is_set=is_set,
        data_type=key.data_type,
        category=key.category,
        description=key.description,
        takes=key.takes,
        validation_regex=key.pattern,
        changed_by=None if row is None else row.changed_by,
        changed_at=None if row is None else row.updated_at,
    )
