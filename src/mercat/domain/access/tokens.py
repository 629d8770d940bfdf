"""What is handed out: keys, refresh tokens and links of 256 random bits, and access tokens (JWT) that say who came.

An access token follows RFC 9068 (October 2021) where that fits a server that makes and reads its own: ``typ`` at+jwt, a ``kid``, the
claims iss, aud, sub, sid, jti, iat, exp. It is signed with HMAC-SHA256: nobody else has to verify it.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from mercat.core.errors import Unauthenticated

if TYPE_CHECKING:
    from jwt.types import Options

KEY, REFRESH, LINK, BROWSER = "mk_", "mr_", "ml_", "mb_"
ISSUER, AUDIENCE = "mercat", "mercat-api"
LIFETIME = dt.timedelta(minutes=15)
_ALGORITHM = "HS256"
_TYPE = "at+jwt"
_CLAIMS = ("iss", "aud", "sub", "sid", "jti", "iat", "exp")
_SHOWN = 8


@dataclass(frozen=True)
class Claims:
    """What an access token says, once its signature is known to be ours."""

    user_id: UUID
    session_id: UUID
    expires_at: dt.datetime


def fresh(kind: str) -> str:
    """A new secret of 256 random bits, beginning with what it is."""
    return kind + secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    """How a secret is kept and found again."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def shown(secret: str) -> str:
    """The beginning by which people tell their keys apart; 225 secret bits remain."""
    return secret[:_SHOWN]


def access_token(key_id: UUID, key: bytes, *, user_id: UUID, session_id: UUID, at: dt.datetime) -> str:
    """A token that lets this user in from ``at`` on, for ``LIFETIME``."""
    import jwt  # noqa: PLC0415  # it loads slowly, and every command comes by here

    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": str(user_id),
        "sid": str(session_id),
        "jti": secrets.token_urlsafe(16),
        "iat": int(at.timestamp()),
        "exp": int((at + LIFETIME).timestamp()),
    }
    return jwt.encode(claims, key, algorithm=_ALGORITHM, headers={"typ": _TYPE, "kid": str(key_id)})


def key_id_of(token: str) -> UUID:
    """Which key a token says that it was signed with. Raises ``Unauthenticated`` for what is no token of ours."""
    import jwt  # noqa: PLC0415  # it loads slowly, and every command comes by here

    try:
        header = jwt.get_unverified_header(token)
        if header.get("typ") != _TYPE or header.get("alg") != _ALGORITHM:
            raise refused()
        return UUID(str(header.get("kid")))
    except (jwt.InvalidTokenError, ValueError) as wrong:
        raise refused() from wrong


def claims_of(token: str, key: bytes) -> Claims:
    """What a token says. Its time is the caller's to compare with one clock. Raises ``Unauthenticated``."""
    import jwt  # noqa: PLC0415  # it loads slowly, and every command comes by here

    options: Options = {"require": list(_CLAIMS), "verify_exp": False, "verify_iat": False, "verify_nbf": False}
    try:
        said = jwt.decode(token, key, algorithms=[_ALGORITHM], audience=AUDIENCE, issuer=ISSUER, options=options)
        expires_at = dt.datetime.fromtimestamp(int(said["exp"]), dt.UTC)
        return Claims(UUID(said["sub"]), UUID(said["sid"]), expires_at)
    except (jwt.InvalidTokenError, ValueError, TypeError, OverflowError) as wrong:
        raise refused() from wrong


def refused() -> Unauthenticated:
    """The one answer to whatever is no longer, or never was, a way in."""
    return Unauthenticated("this token or key is not valid: sign in again, or make a new key")
