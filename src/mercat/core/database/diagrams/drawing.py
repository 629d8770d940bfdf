"""The entity-relationship diagram as text: Mermaid, Graphviz, and a page of SVG that needs neither."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from html import escape
from pathlib import Path

from mercat.core.database.diagrams.tables import DrawnColumn, DrawnTable
from mercat.core.errors import Conflict, Invalid
from mercat.core.files import whole_file

Rooms = Mapping[str, Sequence[DrawnTable]]


def draw(rooms: Rooms, path: Path) -> int:
    """Write the diagram in the form that the file's ending names; its size in bytes. Raises ``Invalid``, ``Conflict``.

    ``.png`` is drawn by Graphviz, whose program ``dot`` has to be installed.
    """
    ways: dict[str, Callable[[Rooms], str]] = {".mmd": mermaid, ".dot": dot, ".svg": svg}
    ending = path.suffix.lower()
    if ending == ".png":
        body = _by_graphviz(dot(rooms))
    elif ending in ways:
        body = ways[ending](rooms).encode()
    else:
        message = f"a diagram is .svg, .mmd (Mermaid), .dot (Graphviz) or .png: {path.name} is none of them"
        raise Invalid(message)
    with whole_file(path) as out:
        out.write(body)
    return len(body)


def _by_graphviz(source: str) -> bytes:
    if shutil.which("dot") is None:
        message = "a .png is drawn by Graphviz, whose program dot is not installed: install it, or take .svg, which needs nothing"
        raise Invalid(message)
    done = subprocess.run(["dot", "-Tpng"], input=source.encode(), capture_output=True, check=False)  # noqa: S607  # found on the PATH, as every tool is
    if done.returncode:
        message = f"dot could not draw it: {done.stderr.decode('utf-8', 'replace')[:300]}"
        raise Conflict(message)
    return done.stdout


# -- Mermaid ----------------------------------------------------------------------------------------------------------


def mermaid(rooms: Rooms) -> str:
    """https://mermaid.js.org/syntax/entityRelationshipDiagram.html: rooms are comments, for it knows no groups."""
    lines = ["erDiagram"]
    for room, tables in rooms.items():
        lines.append(f"  %% {room}")
        for table in tables:
            lines.append(f"  {table.name} {{")
            lines += [f"    {_mermaid_column(each)}" for each in table.columns]
            lines.append("  }")
    lines += [f"  {line}" for line in _mermaid_arrows(rooms)]
    return "\n".join(lines) + "\n"


def _mermaid_column(column: DrawnColumn) -> str:
    marks = ", ".join(mark for mark, holds in (("PK", column.is_key), ("FK", column.target)) if holds)
    return f"{column.kind.partition('(')[0]} {column.name} {marks}".rstrip()


def _mermaid_arrows(rooms: Rooms) -> Iterator[str]:
    for tables in rooms.values():
        for table in tables:
            for column in table.columns:
                if column.target:
                    yield f"{column.target} {'|o' if column.is_nullable else '||'}--o{{ {table.name} : {column.name}"


# -- Graphviz ---------------------------------------------------------------------------------------------------------


def dot(rooms: Rooms) -> str:
    """A cluster for each room, an arrow from each key to what it points to."""
    lines = [
        "digraph mercat {",
        "  rankdir=LR; node [shape=plain, fontname=Helvetica, fontsize=10]; edge [color=gray50];",
    ]
    for room, tables in rooms.items():
        lines.append(f'  subgraph "cluster_{room}" {{ label="{room}"; style=rounded; fontname=Helvetica;')
        lines += [f'    "{each.name}" [label=<{_dot_table(each)}>];' for each in tables]
        lines.append("  }")
    for tables in rooms.values():
        for table in tables:
            lines += [
                f'  "{table.name}":"{each.name}" -> "{each.target}";'
                for each in table.columns
                if each.target is not None
            ]
    return "\n".join([*lines, "}"]) + "\n"


def _dot_table(table: DrawnTable) -> str:
    rows = "".join(
        f'<tr><td align="left" port="{each.name}">{"<b>" if each.is_key else ""}{each.name}{"</b>" if each.is_key else ""}'
        f" {escape(each.kind)}</td></tr>"
        for each in table.columns
    )
    return f'<table border="0" cellborder="1" cellspacing="0"><tr><td bgcolor="gray90"><b>{table.name}</b></td></tr>{rows}</table>'


# -- SVG --------------------------------------------------------------------------------------------------------------

_WIDE, _GAP, _LINE, _HEAD, _COLUMNS = 230, 40, 14, 22, 6


def svg(rooms: Rooms) -> str:
    """Rooms one below the other; in each its tables in columns, the shortest taking the next; a curve for each key."""
    places: dict[str, tuple[int, int]] = {}
    parts: list[str] = []
    top = _GAP
    for room, tables in rooms.items():
        heights = [top + 34] * _COLUMNS
        for table in tables:
            column = heights.index(min(heights))
            places[table.name] = (_GAP + column * (_WIDE + _GAP), heights[column])
            heights[column] += _HEAD + _LINE * len(table.columns) + 30
        width = _COLUMNS * (_WIDE + _GAP) + _GAP // 2
        parts.append(
            f'<rect class="room" x="{_GAP // 2}" y="{top}" width="{width}" height="{max(heights) - top}" rx="8"/>'
            f'<text class="room" x="{_GAP}" y="{top + 22}">{room}</text>'
        )
        parts += [_svg_table(table, *places[table.name]) for table in tables]
        top = max(heights) + 24
    curves = [_svg_curve(table, places) for tables in rooms.values() for table in tables]
    size = f'width="{_COLUMNS * (_WIDE + _GAP) + _GAP * 2}" height="{top}"'
    style = (
        "text{font:11px sans-serif;fill:#222}text.room{font:bold 16px sans-serif}text.table{font-weight:bold}text.key{fill:#0b5}"
        "rect.room{fill:#f6f7f9;stroke:#cfd4da}rect.table{fill:#fff;stroke:#8a94a0}rect.head{fill:#e4e9ef}"
        "path{fill:none;stroke:#7a8ea8;stroke-opacity:.45}text.kind{fill:#889;text-anchor:end}"
    )
    body = "".join([*parts, *curves])
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}><title>The tables of Mercat</title><style>{style}</style>{body}</svg>\n'


def _svg_table(table: DrawnTable, x: int, y: int) -> str:
    height = _HEAD + _LINE * len(table.columns) + 6
    rows = [
        f'<text class="{"key" if each.is_key else "column"}" x="{x + 8}" y="{y + _HEAD + _LINE * (place + 1) - 2}">{each.name}</text>'
        f'<text class="kind" x="{x + _WIDE - 8}" y="{y + _HEAD + _LINE * (place + 1) - 2}">{escape(each.kind)}</text>'
        for place, each in enumerate(table.columns)
    ]
    said = escape(table.meaning.partition("\n")[0])
    return (
        f'<g><title>{said}</title><rect class="table" x="{x}" y="{y}" width="{_WIDE}" height="{height}" rx="3"/>'
        f'<rect class="head" x="{x}" y="{y}" width="{_WIDE}" height="{_HEAD}" rx="3"/>'
        f'<text class="table" x="{x + 8}" y="{y + 15}">{table.name}</text>{"".join(rows)}</g>'
    )


def _svg_curve(table: DrawnTable, places: Mapping[str, tuple[int, int]]) -> str:
    x, y = places[table.name]
    drawn = []
    for place, column in enumerate(table.columns):
        if column.target is None:
            continue
        there_x, there_y = places[column.target]
        from_y, to_y = y + _HEAD + _LINE * (place + 1) - 6, there_y + _HEAD // 2
        # Both ends leave on the side where the other one lies.
        from_x, out = (x + _WIDE, 40) if there_x > x else (x, -40)
        to_x, into = (there_x, -40) if there_x > x else (there_x + _WIDE, 40)
        drawn.append(f'<path d="M{from_x} {from_y}C{from_x + out} {from_y} {to_x + into} {to_y} {to_x} {to_y}"/>')
    return "".join(drawn)
