"""What every room's repositories share. They take a SQLAlchemy session, so that scripts can use them too."""

from __future__ import annotations

import re
from typing import Any, ClassVar, Generic, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, LargeBinary, Select, Text, cast, func, select, type_coerce
from sqlalchemy.orm import Session

from mercat.core.database.base import Row
from mercat.core.errors import Invalid, NotFound
from mercat.core.page import Page, offset

R = TypeVar("R", bound=Row)
_PART_OF_ID = re.compile(r"[0-9a-f]{4,31}")


class Repository(Generic[R]):
    """get, find, add, page for one table."""

    model: ClassVar[type[Any]]

    def __init__(self, session: Session) -> None:
        self.session = session

    def get(self, row_id: UUID) -> R:
        """The row, or ``NotFound``."""
        found = self.find(row_id)
        if found is None:
            message = f"no {self.model.__tablename__.rstrip('s')} with id {row_id}"
            raise NotFound(message, id=str(row_id))
        return found

    def find(self, row_id: UUID) -> R | None:
        """The row, or ``None``."""
        return self.session.get(self.model, row_id)

    def by_reference(self, reference: str) -> R | None:
        """By id, or by the end or the beginning of one (four digits or more), as a terminal shows it.

        Raises ``Invalid`` where it fits several: whoever undoes or approves means one of them, and we do not know which.
        """
        try:
            return self.find(UUID(reference))
        except ValueError:
            wanted = reference.replace("-", "").lower()
        if not _PART_OF_ID.fullmatch(wanted):
            return None
        digits = _digits(self.model.id, self.session.get_bind().dialect.name)
        rows = select(self.model).where(digits.like(f"%{wanted}") | digits.like(f"{wanted}%"))
        found = self.session.scalars(rows.order_by(self.model.id.desc()).limit(2)).all()
        if len(found) > 1:
            message = f"{reference} fits several ids, such as {found[0].id} and {found[1].id}: say more of the one that is meant"
            raise Invalid(message)
        return found[0] if found else None

    def find_by(self, **values: object) -> R | None:
        """The first row with these column values, or ``None``."""
        found: R | None = self.session.scalars(select(self.model).filter_by(**values).limit(1)).first()
        return found

    def add(self, row: R) -> R:
        """Put a new row into the session."""
        self.session.add(row)
        return row

    def count(self, *where: ColumnElement[bool]) -> int:
        """How many rows fit."""
        return self.session.scalar(select(func.count()).select_from(self.model).where(*where)) or 0

    def get_all(self, page: int = 1, per_page: int = 50) -> Page[R]:
        """One page of all rows, oldest first."""
        return self.paged(select(self.model).order_by(self.model.id), page=page, per_page=per_page)

    def paged(self, rows: Select[Any], *, page: int, per_page: int, total: int | None = None) -> Page[R]:
        """One page of a select; the total is counted unless the caller knows it."""
        start = offset(page, per_page)
        if total is None:
            total = self.session.scalar(select(func.count()).select_from(rows.order_by(None).subquery())) or 0
        data = self.session.scalars(rows.limit(per_page).offset(start)).all()
        return Page(list(data), total, page, per_page)


def _digits(row_id: Any, dialect: str) -> ColumnElement[str]:
    """An id's 32 hexadecimal digits, in lower case."""
    if dialect == "postgresql":
        return func.replace(cast(row_id, Text), "-", "")
    return func.lower(func.hex(type_coerce(row_id, LargeBinary)))
