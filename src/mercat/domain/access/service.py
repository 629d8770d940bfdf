"""What this room offers: who comes in, with what, and what they may do.

What changes who may come in takes the runtime: a password is hashed while no unit is open, and what this process remembers is
forgotten once the change is committed.
"""

from __future__ import annotations

from mercat.domain.access.auditing import audit, list_audit
from mercat.domain.access.authenticating import actor_of, known_actor, settle
from mercat.domain.access.browsing_in import (
    BrowserSession,
    browser_actor,
    known_browser,
    sign_in_browser,
    sign_out_browser,
)
from mercat.domain.access.keys import create_key, list_expiring_keys, list_keys, revoke_key
from mercat.domain.access.links import (
    accept_invitation,
    change_password,
    invite,
    make_reset_link,
    request_password_reset,
    reset_password,
    set_password,
)
from mercat.domain.access.list_repository import AUDIT, KEYS, OWN_KEYS, OWN_SESSIONS, SESSIONS, USERS
from mercat.domain.access.people import (
    create_user,
    create_users,
    disable,
    enable,
    get_user,
    is_set_up,
    list_users,
    set_role,
    set_up,
    update_user,
)
from mercat.domain.access.permissions import ADMIN, APPROVER, OPERATOR, PERMISSIONS, ROLES, VIEWER
from mercat.domain.access.preferences import find_recipient, get_settings, list_recipients, update_settings
from mercat.domain.access.saved_views import SavedView, list_views, remove_view, save_view
from mercat.domain.access.schemas import (
    AuditView,
    KeyDraft,
    KeyView,
    NewKey,
    NewLink,
    Principal,
    Recipient,
    SessionView,
    SettingsView,
    Tokens,
    UserDraft,
    UserPatch,
    UserView,
)
from mercat.domain.access.sessions import list_sessions, revoke_session, revoke_sessions
from mercat.domain.access.signing import reseal, rotate_signing
from mercat.domain.access.signing_in import refresh, sign_in, sign_out

__all__ = [
    "ADMIN",
    "APPROVER",
    "AUDIT",
    "KEYS",
    "OPERATOR",
    "OWN_KEYS",
    "OWN_SESSIONS",
    "PERMISSIONS",
    "ROLES",
    "SESSIONS",
    "USERS",
    "VIEWER",
    "AuditView",
    "BrowserSession",
    "KeyDraft",
    "KeyView",
    "NewKey",
    "NewLink",
    "Principal",
    "Recipient",
    "SavedView",
    "SessionView",
    "SettingsView",
    "Tokens",
    "UserDraft",
    "UserPatch",
    "UserView",
    "accept_invitation",
    "actor_of",
    "audit",
    "browser_actor",
    "change_password",
    "create_key",
    "create_user",
    "create_users",
    "disable",
    "enable",
    "find_recipient",
    "get_settings",
    "get_user",
    "invite",
    "is_set_up",
    "known_actor",
    "known_browser",
    "list_audit",
    "list_expiring_keys",
    "list_keys",
    "list_recipients",
    "list_sessions",
    "list_users",
    "list_views",
    "make_reset_link",
    "refresh",
    "remove_view",
    "request_password_reset",
    "reseal",
    "reset_password",
    "revoke_key",
    "revoke_session",
    "revoke_sessions",
    "rotate_signing",
    "save_view",
    "set_password",
    "set_role",
    "set_up",
    "settle",
    "sign_in",
    "sign_in_browser",
    "sign_out",
    "sign_out_browser",
    "update_settings",
    "update_user",
]
