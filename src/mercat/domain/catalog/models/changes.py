"""Change sets: the one door into the catalogue, and its plan, audit trail, provenance and undo log at once."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Integer, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from mercat.core.database.base import Row, one_of
from mercat.core.database.types import Id, KeptJson, LongBinary, LongText, UTCDateTime
from mercat.domain.catalog.models.products import Product, ProductVariant

ORIGINS = (
    "feed",
    "user",
    "api",
    "suggestion",
    "channel",
    "import",
    "undo",
    "system",
    "script",
)
SET_STATUSES = (
    "planning",
    "planned",
    "held",
    "approved",
    "applied",
    "partially_applied",
    "rejected",
    "undone",
)
KINDS = ("create", "update", "archive", "restore")
CHANGE_STATUSES = ("planned", "skipped", "conflict", "reverted")
DECISIONS = ("approved", "held", "rejected")
ROW, RULE = SUBJECTS = ("row", "rule")

RUN = "run "


class ChangeSet(Row):
    """One planned, judged, applied and undoable change of the catalogue, by whoever made it."""

    __tablename__ = "change_sets"
    __table_args__ = (
        one_of("origin", ORIGINS),
        one_of("status", SET_STATUSES),
        Index(None, "status", "created_at"),
        Index(None, "source", "applied_at"),
        Index(None, "undo_of"),
    )

    origin: Mapped[str] = mapped_column(String(20))
    # What made it: of an import its run, as ``RUN`` and the id.
    origin_ref: Mapped[str | None] = mapped_column(String(255))
    # Who states these values: the supplier's code, or the person's name.
    source: Mapped[str] = mapped_column(String(255))
    # Of two sources that state the same field, the lower one is believed; a person's locked value beats them all.
    precedence: Mapped[int] = mapped_column(Integer, default=0)
    title: Mapped[str] = mapped_column(String(500))
    status: Mapped[str] = mapped_column(String(20), default="planning")
    counts: Mapped[dict[str, int]] = mapped_column(KeptJson, default=dict)
    findings: Mapped[list[dict[str, Any]]] = mapped_column(KeptJson, default=list)
    # Where the values came from: file name, sha256, run.
    evidence: Mapped[dict[str, Any]] = mapped_column(KeptJson, default=dict)
    created_by: Mapped[str] = mapped_column(String(255))
    # The user behind ``created_by``, if it was one. Soft: a name is enough for history.
    user_id: Mapped[UUID | None] = mapped_column(Id)
    approved_by: Mapped[str | None] = mapped_column(String(255))
    approved_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    applied_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    undone_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    undo_of: Mapped[UUID | None] = mapped_column(Id, ForeignKey("change_sets.id", ondelete="SET NULL"))
    # Null while the search index has yet to learn of it.
    indexed_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)


class Change(Row):
    """One step of a change set.

    ``status`` is ``planned`` for a change that shares the fate of its set (pending in a planned one, applied in an
    applied one, ...) and says otherwise only where a change fared differently: a million applied rows need no rewriting.
    ``product_id`` and ``variant_id`` are soft: a creation is planned before its product exists, and history outlives it.
    """

    __tablename__ = "changes"
    __table_args__ = (
        one_of("kind", KINDS),
        one_of("status", CHANGE_STATUSES),
        Index(None, "change_set_id", "kind", "id"),
        Index(None, "product_id", "id"),
        # Of a million changes a few are flagged, and those are what people look at.
        Index(
            None,
            "change_set_id",
            "flag",
            "id",
            sqlite_where=text("flag IS NOT NULL"),
            postgresql_where=text("flag IS NOT NULL"),
        ),
    )

    change_set_id: Mapped[UUID] = mapped_column(Id, ForeignKey("change_sets.id", ondelete="CASCADE"))
    product_id: Mapped[UUID | None] = mapped_column(Id)
    variant_id: Mapped[UUID | None] = mapped_column(Id)
    kind: Mapped[str] = mapped_column(String(10))
    field: Mapped[str | None] = mapped_column(String(320))
    old_value: Mapped[Any] = mapped_column(KeptJson, nullable=True)
    new_value: Mapped[Any] = mapped_column(KeptJson, nullable=True)
    status: Mapped[str] = mapped_column(String(10), default="planned")
    reason: Mapped[str | None] = mapped_column(LongText)
    # The guard rule that flagged it.
    flag: Mapped[str | None] = mapped_column(String(50))
    # Where in the source it was stated: the supplier's key and the line of the file.
    source_key: Mapped[str | None] = mapped_column(String(255))
    line: Mapped[int | None] = mapped_column(Integer)
    # On creations and statements: the digest of the row, by which the next run sees that it says the same.
    digest: Mapped[int | None] = mapped_column(BigInteger)

    change_set: Mapped[ChangeSet] = relationship(lazy="raise")


class ReviewDecision(Row):
    """A person's word on part of a set that waits: on a row of the source, or on all that a guard's rule flagged.

    What is said of a row counts more than what is said of a rule.
    """

    __tablename__ = "review_decisions"
    __table_args__ = (
        one_of("subject", SUBJECTS),
        one_of("decision", DECISIONS),
        UniqueConstraint("change_set_id", "subject", "name"),
    )

    change_set_id: Mapped[UUID] = mapped_column(Id, ForeignKey("change_sets.id", ondelete="CASCADE"))
    subject: Mapped[str] = mapped_column(String(10))
    # The source's key of the row, or the rule.
    name: Mapped[str] = mapped_column(String(255))
    decision: Mapped[str] = mapped_column(String(10))
    decided_by: Mapped[str] = mapped_column(String(255))
    user_id: Mapped[UUID | None] = mapped_column(Id)

    change_set: Mapped[ChangeSet] = relationship(lazy="raise")


class Restatement(Row):
    """Keys that a set's source stated again without a change, as packed signed 64-bit hashes.

    Undoing an earlier set leaves alone what a later one restates, and hands its statement over to the later one.
    """

    __tablename__ = "restatements"
    __table_args__ = (Index(None, "change_set_id"),)

    change_set_id: Mapped[UUID] = mapped_column(Id, ForeignKey("change_sets.id", ondelete="CASCADE"))
    keys: Mapped[bytes] = mapped_column(LongBinary)

    change_set: Mapped[ChangeSet] = relationship(lazy="raise")


class FieldLock(Row):
    """A person's value that no feed overwrites."""

    __tablename__ = "field_locks"
    __table_args__ = (
        UniqueConstraint("product_id", "owner_key", "field"),
        Index(None, "variant_id"),
        CheckConstraint("product_id IS NOT NULL", name="owner"),
    )

    product_id: Mapped[UUID] = mapped_column(Id, ForeignKey("products.id", ondelete="CASCADE"))
    variant_id: Mapped[UUID | None] = mapped_column(Id, ForeignKey("product_variants.id", ondelete="CASCADE"))
    # The variant's id as text, "" for a field of the product: the unique key must have no NULL.
    owner_key: Mapped[str] = mapped_column(String(36), default="")
    field: Mapped[str] = mapped_column(String(320))
    locked_by: Mapped[str] = mapped_column(String(255))
    reason: Mapped[str | None] = mapped_column(String(500))

    product: Mapped[Product] = relationship(lazy="raise")
    variant: Mapped[ProductVariant | None] = relationship(lazy="raise")
