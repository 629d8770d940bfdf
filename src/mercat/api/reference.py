"""The reference of the API, as Markdown, from its own description: ``python -m mercat.api.reference > docs/reference/api.md``."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from mercat.api.app import make_app, openapi_of
from mercat.api.describing import Operation, answer_kind, by_tag, kind_of, who_may
from mercat.api.errors import CODES
from mercat.core.settings import Settings
from mercat.core.unit import Runtime
from mercat.domain import register_configurable
from mercat.domain.access import service as access

_HEAD = """# The API

Made by `python -m mercat.api.reference` from the description that the server gives at `/api/v1/openapi.json`; do not edit it here.
`/api/v1/docs` shows the same in a browser: it asks for a key as the user name.

Credentials come as `Authorization: Bearer …`: an access token, or an API key. Lists take `page` and `per_page`, or `cursor`;
`fields`, `sort` and `q`; and by `Accept` or ending are CSV or JSON Lines. An unsafe request may carry an `Idempotency-Key` and is
then done once, however often it is sent. Addresses without `v1`, as in `/api/products`, answer too.
"""


def reference(document: Mapping[str, Any]) -> str:
    """All of it, room by room, with the table of codes and of permissions."""
    return "\n".join([_HEAD, *_contents(document), *_rooms(document), *_codes(), *_permissions()])


def _contents(document: Mapping[str, Any]) -> Iterator[str]:
    yield "| | operation | permission |"
    yield "|---|---|---|"
    for tag, some in by_tag(document).items():
        yield f"| **{tag}** | | |"
        for each in some:
            may = "open" if each.is_open else f"`{each.permission}`" if each.permission else "signed in"
            yield f"| {each.method} | [`{each.path}`](#{each.id.replace('_', '-')}) {each.summary.lower()} | {may} |"
    yield ""


def _rooms(document: Mapping[str, Any]) -> Iterator[str]:
    for tag, some in by_tag(document).items():
        yield f"## {tag}\n"
        for each in some:
            yield from _operation(each)


def _operation(operation: Operation) -> Iterator[str]:
    yield f"### {operation.id.replace('_', '-')}\n"
    yield f"`{operation.method} {operation.path}` · {who_may(operation)}\n"
    if operation.description:
        yield operation.description.strip() + "\n"
    if operation.parameters:
        yield "| parameter | where | kind | |"
        yield "|---|---|---|---|"
        for each in operation.parameters:
            kind = kind_of(each["schema"]).replace("|", "\\|")
            said = each.get("description", each["schema"].get("description", "")).replace("|", "\\|")
            yield f"| `{each['name']}` | {each['in']} | {kind} | {said} |"
        yield ""
    for media_type, content in operation.body.items():
        yield f"Body, `{media_type}`: {kind_of(content['schema'])}\n"
        if "example" in content:
            yield f"```json\n{json.dumps(content['example'], indent=2, ensure_ascii=False)}\n```\n"
    told = [
        f"{status} {answer_kind(answer)}".strip() for status, answer in operation.answers.items() if status[0] == "2"
    ]
    refused = [status for status in operation.answers if status[0] in "345"]
    yield f"Answers: {', '.join(told)}" + (f"; refused with {', '.join(refused)}" if refused else "") + ".\n"


def _codes() -> Iterator[str]:
    yield "## Failures\n"
    yield "Every failure is `application/problem+json` (RFC 9457). Programs decide by `code`; `errors` names every fault that was found.\n"
    yield "| code | what to do |"
    yield "|---|---|"
    yield from (f"| `{code}` | {hint} |" for code, hint in CODES.items())
    yield ""


def _permissions() -> Iterator[str]:
    roles = list(access.ROLES)
    yield "## Permissions\n"
    yield "A key's scopes are permissions, or a role for all that it holds.\n"
    yield f"| permission | allows to | {' | '.join(roles)} |"
    yield f"|---|---|{'---|' * len(roles)}"
    for name, line in access.PERMISSIONS.items():
        yield f"| `{name}` | {line} | {' | '.join('yes' if name in access.ROLES[role] else '' for role in roles)} |"
    yield ""


def description() -> dict[str, Any]:
    """The API's description, without a database that would matter."""
    with tempfile.TemporaryDirectory() as home:
        register_configurable()
        runtime = Runtime(Settings(home=Path(home)))
        try:
            return openapi_of(make_app(runtime, identify=lambda _bearer, _address: None))
        finally:
            runtime.close()


if __name__ == "__main__":
    sys.stdout.write(reference(description()))
