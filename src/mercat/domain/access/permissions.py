"""Every permission there is, what it allows, and which roles hold it. Nothing else says so twice.

Names are ``room.verb``. The one other permission, ``*``, is for the system and for whoever sits at the server's terminal.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from mercat.core.actor import Actor
from mercat.core.errors import Forbidden, Invalid

VIEWER, OPERATOR, APPROVER, ADMIN = "viewer", "operator", "approver", "admin"

# role → permission → what it allows. A role holds what stands under it and under every role before it.
_BY_ROLE: dict[str, dict[str, str]] = {
    VIEWER: {
        "catalog.read": "see products, categories, collections, definitions, change sets and where values come from",
        "catalog.export": "take the catalogue out as a file",
        "suppliers.read": "see suppliers, feeds, rejected rows, offers and open matches",
        "listings.read": "see stores and what they show",
        "market.read": "see watched listings, what was seen of them, and who tells it",
        "reports.read": "see what needs a person, what changed and what runs: of each as much as one may see anyway",
        "operations.health": "see whether all is well, and the figures of it",
        "alerts.read": "see alerts, their rules, and one's own notifications",
        "suggestions.read": "see suggestions, and what came of them",
        "operations.read": "see jobs, schedules, runs, calls that went out and deliveries that came in",
        "access.own": "see and change one's own account: name, password, sessions, keys, settings",
    },
    OPERATOR: {
        "catalog.plan": "plan changes of the catalogue, and discard plans",
        "catalog.edit": "change products, categories, collections and definitions by hand, and lock fields",
        "catalog.apply": "apply a plan that no guard holds",
        "suppliers.edit": "add, change and remove suppliers and feeds",
        "suppliers.run": "run feeds and imports",
        "suppliers.match": "decide which product a supplier's row is",
        "listings.publish": "send to a store what the catalogue says",
        "listings.pull": "look what a store shows, and settle differences",
        "alerts.handle": "acknowledge, snooze, resolve and mute alerts",
        "market.track": "watch listings and competitors, and stop it",
        "market.record": "bring in what was seen of listings",
        "suggestions.propose": "write suggestions down; nothing else changes by that",
        "operations.cancel": "stop jobs",
        "operations.retry": "have jobs done again",
        "operations.schedule": "add, remove and run schedules",
    },
    APPROVER: {
        "catalog.approve": "let a held change set through, or reject it",
        "catalog.undo": "undo an applied change set",
        "listings.approve": "have sent what a guard holds",
        "suggestions.review": "approve, edit and reject suggestions",
        "suggestions.apply": "apply what was approved, and take it back",
        "alerts.rules": "add, change, try and remove alert rules, and set thresholds for everybody",
    },
    ADMIN: {
        "market.connect": "connect, test and remove sources of the market, with their credentials",
        "listings.connect": "connect, change and remove stores, with their credentials",
        "operations.backup": "make, list, verify and remove backups, and see the figures of the database",
        "operations.budget": "set budgets for calls that go out",
        "operations.configure": "change the configuration",
        "operations.logs": "read the system's logs",
        "operations.webhooks": "add, change and remove endpoints that are told what happens, and replay deliveries",
        "access.users": "invite, create, change, close and unlock accounts",
        "access.keys": "see and revoke everybody's keys and sessions, make keys for others, exchange signing keys",
        "access.audit": "read who changed what about whom",
    },
}

PERMISSIONS: dict[str, str] = {name: line for own in _BY_ROLE.values() for name, line in own.items()}


def _roles() -> dict[str, frozenset[str]]:
    held: frozenset[str] = frozenset()
    roles = {}
    for role, own in _BY_ROLE.items():
        held = held.union(own)
        roles[role] = held
    return roles


# From the one that may least to the one that may most.
ROLES: dict[str, frozenset[str]] = _roles()


def checked_role(role: str) -> str:
    """The role, or ``Invalid`` naming those there are."""
    if role not in ROLES:
        message = f"there is no role {role!r}: roles are {', '.join(ROLES)}"
        raise Invalid(message, field="role")
    return role


def expanded(scopes: Iterable[str]) -> list[str]:
    """Scopes as permissions, sorted: a role's name stands for all that it holds. Raises ``Invalid`` for an unknown one."""
    found: set[str] = set()
    for each in scopes:
        if each not in ROLES and each not in PERMISSIONS:
            message = f"there is no permission {each!r}: give permissions such as catalog.read, or a role"
            raise Invalid(message, field="scopes")
        found |= ROLES.get(each, {each})
    if not found:
        message = "a key without scopes opens nothing: give permissions such as catalog.read, or a role"
        raise Invalid(message, field="scopes")
    return sorted(found)


def refuse_beyond(actor: Actor, permissions: Collection[str]) -> None:
    """Nobody gives what they do not have. Raises ``Forbidden``."""
    beyond = sorted(each for each in permissions if not actor.may(each))
    if beyond:
        message = f"{actor.name} cannot give what they may not do themselves: {', '.join(beyond)}"
        raise Forbidden(message, permissions=beyond)
