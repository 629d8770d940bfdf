"""The keys that access tokens are signed with: made when first needed, sealed, exchanged without ending a session."""

from __future__ import annotations

import secrets
from base64 import b64decode, b64encode
from uuid import UUID

from mercat.core.actor import Actor
from mercat.core.ids import new_id
from mercat.core.unit import Runtime, WriteUnit
from mercat.domain.access.auditing import audit
from mercat.domain.access.credential_repository import SigningKeyRepository
from mercat.domain.access.models import SigningKey
from mercat.domain.access.remembering import memory_of
from mercat.domain.access.tokens import LIFETIME, access_token, refused

_BYTES = 32


def sign(runtime: Runtime, unit: WriteUnit, *, user_id: UUID, session_id: UUID) -> str:
    """An access token, signed with the newest key; the first one is made here."""
    row = SigningKeyRepository(unit.session).newest() or _make(runtime, unit)
    key = memory_of(runtime).signing.get(row.id) or _opened(runtime, row)
    return access_token(row.id, key, user_id=user_id, session_id=session_id, at=unit.now)


def key_for(runtime: Runtime, key_id: UUID) -> bytes:
    """The key that verifies what was signed with it. Raises ``Unauthenticated`` where there is none any more."""
    memory = memory_of(runtime)
    found = memory.signing.get(key_id)
    if found is not None:
        return found
    with runtime.read() as unit:
        row = SigningKeyRepository(unit.session).find(key_id)
        if row is None or (row.retired_at is not None and unit.now >= row.retired_at + LIFETIME):
            raise refused()
        if row.retired_at is None:
            memory.signing[key_id] = _opened(runtime, row)
            return memory.signing[key_id]
        # A retired one is not kept: it is good for minutes only.
        return _opened(runtime, row)


def rotate_signing(runtime: Runtime, actor: Actor) -> UUID:
    """Sign with a new key from now on. Tokens of the old ones stay good until they are over, a quarter of an hour at most."""
    actor.require("access.keys")
    with runtime.write(actor) as unit:
        repository = SigningKeyRepository(unit.session)
        repository.forget_retired(unit.now - LIFETIME)
        for each in repository.all_of_them():
            each.retired_at = each.retired_at or unit.now
        made = _make(runtime, unit)
        audit(unit, "signing_key.rotated", subject=("signing_key", made.id, str(made.id)))
    memory_of(runtime).forget()
    return made.id


def reseal(runtime: Runtime, actor: Actor) -> int:
    """Seal all signing keys with the newest sealing key; how many. One transaction, safe to repeat."""
    actor.require("access.keys")
    with runtime.write(actor) as unit:
        rows = SigningKeyRepository(unit.session).all_of_them()
        for row in rows:
            row.secret = runtime.secrets.seal(runtime.secrets.open(row.secret, _place(row.id)), _place(row.id))
        return len(rows)


def _make(runtime: Runtime, unit: WriteUnit) -> SigningKey:
    id_ = new_id()
    secret = b64encode(secrets.token_bytes(_BYTES)).decode()
    row = SigningKey(id=id_, secret=runtime.secrets.seal({"key": secret}, _place(id_)))
    unit.add(row)
    return row


def _opened(runtime: Runtime, row: SigningKey) -> bytes:
    return b64decode(runtime.secrets.open(row.secret, _place(row.id))["key"])


def _place(key_id: UUID) -> str:
    return f"signing_keys.secret:{key_id}"
