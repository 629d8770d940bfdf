"""What lists of this room's rows are. Nothing in them opens anything."""

from __future__ import annotations

from dataclasses import replace

from mercat.core.lists import Field, ListSpec
from mercat.domain.access.models import ApiKey, AuditEntry, User, UserSession
from mercat.domain.access.permissions import ROLES

USERS = ListSpec(
    "users",
    "access.users",
    User.__table__,
    User.id,
    {
        "id": Field(User.id),
        "username": Field(User.username, is_sort=True),
        "email": Field(User.email, is_sort=True),
        "first_name": Field(User.first_name),
        "last_name": Field(User.last_name),
        "role": Field(User.role, is_filter=True, choices=tuple(ROLES)),
        "is_active": Field(User.is_active, is_filter=True),
        "is_verified": Field(User.is_verified, is_filter=True, help="whether they came in by a link sent to them"),
        "last_login_at": Field(User.last_login_at, is_range=True),
        "last_login_ip": Field(User.last_login_ip),
        "reset_requested_at": Field(
            User.reset_requested_at, is_range=True, help="when they asked for a new password, until a link is made"
        ),
        "created_at": Field(User.created_at, is_range=True, is_sort=True),
        "updated_at": Field(User.updated_at, is_range=True),
    },
    words=(User.username, User.email, User.first_name, User.last_name),
)
KEYS = ListSpec(
    "keys",
    "access.keys",
    ApiKey.__table__.join(User.__table__, User.id == ApiKey.user_id),
    ApiKey.id,
    {
        "id": Field(ApiKey.id),
        "user_id": Field(ApiKey.user_id, is_filter=True),
        "username": Field(User.username),
        "name": Field(ApiKey.name),
        "prefix": Field(ApiKey.prefix, help="its beginning, by which people tell their keys apart"),
        "scopes": Field(ApiKey.scopes),
        "rate_limit_per_minute": Field(ApiKey.rate_limit_per_minute),
        "expires_at": Field(ApiKey.expires_at, is_range=True),
        "last_used_at": Field(ApiKey.last_used_at, is_range=True, help="to the minute"),
        "revoked_at": Field(ApiKey.revoked_at, is_range=True),
        "created_at": Field(ApiKey.created_at, is_range=True, is_sort=True),
    },
    words=(ApiKey.name, User.username),
)
SESSIONS = ListSpec(
    "sessions",
    "access.keys",
    UserSession.__table__.join(User.__table__, User.id == UserSession.user_id),
    UserSession.id,
    {
        "id": Field(UserSession.id),
        "user_id": Field(UserSession.user_id, is_filter=True),
        "username": Field(User.username),
        "ip": Field(UserSession.ip),
        "user_agent": Field(UserSession.user_agent),
        "created_at": Field(UserSession.created_at, is_range=True, is_sort=True),
        "last_used_at": Field(UserSession.last_used_at, is_range=True, is_sort=True),
        "expires_at": Field(UserSession.expires_at, is_range=True),
        "revoked_at": Field(UserSession.revoked_at, is_range=True),
        "revoked_reason": Field(UserSession.revoked_reason),
    },
)
OWN_KEYS = replace(KEYS, name="own-keys", permission="access.own", own=ApiKey.user_id)
OWN_SESSIONS = replace(SESSIONS, name="own-sessions", permission="access.own", own=UserSession.user_id)
AUDIT = ListSpec(
    "audit",
    "access.audit",
    AuditEntry.__table__,
    AuditEntry.id,
    {
        "id": Field(AuditEntry.id),
        "at": Field(AuditEntry.at, is_range=True),
        "actor": Field(AuditEntry.actor, is_filter=True),
        "user_id": Field(AuditEntry.user_id, is_filter=True),
        "via": Field(AuditEntry.via, help="the way they came in"),
        "address": Field(AuditEntry.address, is_filter=True),
        "action": Field(AuditEntry.action, is_filter=True, help="what was done, such as user.disabled"),
        "subject_type": Field(AuditEntry.subject_type, is_filter=True),
        "subject_id": Field(AuditEntry.subject_id, is_filter=True),
        "subject": Field(AuditEntry.subject),
        "details": Field(AuditEntry.details),
    },
    words=(AuditEntry.subject,),
)
