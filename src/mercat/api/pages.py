"""The page for people: the API's description as HTML, made here, with nothing loaded from anywhere."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

from mercat.api.describing import Operation, answer_kind, by_tag, kind_of, who_may
from mercat.api.errors import CODES
from mercat.domain.access import service as access

_CODE = re.compile(r"``?([^`]+)``?")
_STYLE = """
:root { color-scheme: light dark; --line: #8884; --soft: #8881; }
body { font: 16px/1.5 system-ui, sans-serif; margin: 0; display: grid; grid-template-columns: 17rem minmax(0, 1fr); }
nav { position: sticky; top: 0; height: 100vh; overflow: auto; padding: 1rem; box-sizing: border-box; border-right: 1px solid var(--line); }
nav a { display: block; padding: .1rem 0; color: inherit; text-decoration: none; font-size: .85rem; }
nav a:hover, nav a:focus { text-decoration: underline; }
main { padding: 1rem 2rem 4rem; max-width: 62rem; }
h2 { border-bottom: 1px solid var(--line); margin-top: 3rem; }
section { margin: 1.5rem 0; padding: .75rem 1rem; border: 1px solid var(--line); border-radius: .5rem; }
h3 { margin: 0; font-size: 1.05rem; } h3 code { font-weight: 400; }
b.method { display: inline-block; min-width: 4rem; } p { margin: .4rem 0; }
table { border-collapse: collapse; width: 100%; font-size: .85rem; margin: .5rem 0; }
th, td { text-align: left; vertical-align: top; padding: .2rem .6rem .2rem 0; border-bottom: 1px solid var(--line); }
pre { background: var(--soft); padding: .6rem; overflow: auto; } code { font-size: .9em; }
@media (max-width: 50rem) { body { display: block; } nav { position: static; height: auto; border: 0; } main { padding: 1rem; } }
"""


def page(document: Mapping[str, Any]) -> bytes:
    """All of it on one page: find in page is the search."""
    rooms = by_tag(document)
    parts = [
        "<!doctype html><html lang='en'><head><meta charset='utf-8'><title>Mercat API</title>",
        f"<meta name='viewport' content='width=device-width'><style>{_STYLE}</style></head><body>",
        "<nav aria-label='Operations'>",
        *(_index(tag, some) for tag, some in rooms.items()),
        "<strong>Tables</strong><a href='#failures'>Failures</a><a href='#permissions'>Permissions</a></nav>",
        "<main><h1>Mercat API</h1><p>Described for programs at <a href='/api/v1/openapi.json'>/api/v1/openapi.json</a>. ",
        "Credentials come as <code>Authorization: Bearer …</code>: an access token, or an API key.</p>",
    ]
    for tag, some in rooms.items():
        parts.append(f"<h2 id='{_anchor(tag)}'>{escape(tag)}</h2>")
        parts += [part for each in some for part in _operation(each)]
    parts += [
        _table("failures", "Failures", ("code", "what to do"), [(f"`{code}`", hint) for code, hint in CODES.items()])
    ]
    held = [(f"`{name}`", line, _roles_with(name)) for name, line in access.PERMISSIONS.items()]
    parts += [_table("permissions", "Permissions", ("permission", "allows to", "roles"), held), "</main></body></html>"]
    return "".join(parts).encode()


def _index(tag: str, some: Sequence[Operation]) -> str:
    links = "".join(f"<a href='#{each.id}'>{escape(each.summary)}</a>" for each in some)
    return f"<strong>{escape(tag)}</strong>{links}"


def _operation(operation: Operation) -> Iterator[str]:
    yield f"<section id='{operation.id}'><h3><b class='method'>{operation.method}</b> <code>{escape(operation.path)}</code></h3>"
    yield f"<p><strong>{escape(operation.summary)}</strong> · {_text(who_may(operation))}</p>"
    yield "".join(f"<p>{_text(each)}</p>" for each in operation.description.strip().split("\n\n") if each)
    if operation.parameters:
        rows = [
            (f"`{each['name']}`", each["in"], kind_of(each["schema"]), each.get("description", ""))
            for each in operation.parameters
        ]
        yield _rows(("parameter", "where", "kind", ""), rows)
    for media_type, content in operation.body.items():
        yield f"<p>Body, <code>{escape(media_type)}</code>: {_text(kind_of(content['schema']))}</p>"
        if "example" in content:
            yield f"<pre>{escape(json.dumps(content['example'], indent=2, ensure_ascii=False))}</pre>"
    answers = [(status, answer_kind(each), each.get("description", "")) for status, each in operation.answers.items()]
    yield _rows(("answer", "kind", ""), answers) + "</section>"


def _table(anchor: str, title: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return f"<h2 id='{anchor}'>{title}</h2>" + _rows(heads, rows)


def _rows(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    head = "".join(f"<th>{escape(each)}</th>" for each in heads)
    body = "".join("<tr>" + "".join(f"<td>{_text(each)}</td>" for each in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _roles_with(permission: str) -> str:
    return ", ".join(role for role, held in access.ROLES.items() if permission in held)


def _text(text: str) -> str:
    """Safe, with what stands between backticks as code."""
    return _CODE.sub(r"<code>\1</code>", escape(text))


def _anchor(tag: str) -> str:
    return "room-" + re.sub(r"\W+", "-", tag.lower())
