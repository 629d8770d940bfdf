"""Writing down what was not taken: rejected rows, and questions that only a person can answer."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from mercat.core.database.bulk import CHUNK, chunks
from mercat.core.ids import new_id_bytes
from mercat.core.unit import WriteUnit
from mercat.domain.catalog.service import Proposal
from mercat.domain.suppliers.match_repository import MatchDecisionRepository
from mercat.domain.suppliers.matching import Candidate
from mercat.domain.suppliers.models import MatchDecision

_LONGEST_RAW = 20_000
_COLUMNS = ("id", "change_set_id", "line", "source_key", "raw", "reason", "created_at", "updated_at")
Reject = tuple[int, str | None, str, str]


def insert_rejects(unit: WriteUnit, change_set_id: UUID, rejects: Sequence[Reject]) -> None:
    """Keep (line, key, text, reason) of each; texts beyond 20,000 characters are cut."""
    bulk = unit.bulk
    owner, at = bulk.id(change_set_id.bytes), bulk.time(unit.now)
    rows = [
        (
            bulk.id(born),
            owner,
            line,
            None if key is None else _storable(key)[:255],
            _storable(raw),
            _storable(reason),
            at,
            at,
        )
        for born, (line, key, raw, reason) in zip(new_id_bytes(len(rejects)), rejects, strict=True)
    ]
    if rows:
        bulk.insert("feed_rejects", _COLUMNS, rows)


def remove_rejects(unit: WriteUnit, change_set_id: UUID, keys: Sequence[str]) -> None:
    """Forget the rejects of rows that a later line of the file repeats."""
    bulk = unit.bulk
    for some in chunks([key[:255] for key in keys], CHUNK):
        where, parameters = bulk.among("source_key", some)
        bulk.run(
            f"DELETE FROM feed_rejects WHERE change_set_id = ? AND {where}", (bulk.id(change_set_id.bytes), *parameters)
        )


def _storable(text: str) -> str:
    # PostgreSQL keeps no NUL, and no lone surrogate that a lenient decoder let through.
    cleaned = (
        text[:_LONGEST_RAW].replace("\x00", "\N{SYMBOL FOR NULL}").replace("\x01", "\N{SYMBOL FOR START OF HEADING}")
    )
    return cleaned.encode("utf-8", "replace").decode()


def upsert_questions(
    unit: WriteUnit, supplier_id: bytes, questions: Sequence[tuple[Proposal, Sequence[tuple[Candidate, str]]]]
) -> None:
    """Open a question for each key, or renew it; what a person has decided stays decided."""
    repository = MatchDecisionRepository(unit.session)
    owner = UUID(bytes=supplier_id)
    for proposal, candidates in questions:
        listed = [
            {"sku": candidate.sku, "name": candidate.name, "reason": reason} for candidate, reason in candidates[:20]
        ]
        question = repository.of_key(owner, proposal.key)
        if question is None:
            question = repository.add(MatchDecision(supplier_id=owner, supplier_sku=proposal.key, decision="open"))
        if question.decision == "open":
            question.candidates = listed
            question.title = str(proposal.record.name or "")[:1000] or None
