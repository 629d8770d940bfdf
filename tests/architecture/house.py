"""What the house tests look at: the files, their syntax trees, the import graph and the order of the rooms.

Everything is taken from where ``mercat`` was imported from, so that the same tests judge a scratch copy of the tree.
"""

import ast
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import grimp

import mercat

PACKAGE = Path(mercat.__file__).parent
ROOT = PACKAGE.parents[1]
DOORS = frozenset({"api", "assistant", "cli", "web"})


@dataclass(frozen=True)
class Module:
    """One Python file of the package. ``floor`` is its first part (``domain``), ``room`` and ``part`` the next two."""

    name: str
    path: Path

    @property
    def parts(self) -> list[str]:
        return [*self.name.split(".")[1:], "", "", ""]

    @property
    def floor(self) -> str:
        return self.parts[0]

    @property
    def room(self) -> str:
        return self.parts[1] if self.floor == "domain" else ""

    @property
    def part(self) -> str:
        """Which file of its room: ``service``, ``models``, ...; every spelling of a repository is ``repository``."""
        part = self.parts[2] if self.room else ""
        return "repository" if part.endswith("_repository") else part

    @property
    def tree(self) -> ast.Module:
        return _tree(self.path)

    def at(self, node: ast.AST) -> str:
        return f"{self.path.relative_to(ROOT)}:{getattr(node, 'lineno', 1)}"


@dataclass(frozen=True)
class Arrow:
    """One import. ``imported`` may be a library: its name then has no ``mercat.`` in front."""

    importer: Module
    imported: Module
    line: int

    def __str__(self) -> str:
        return f"{self.importer.path.relative_to(ROOT)}:{self.line} imports {self.imported.name}"


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_bytes(), str(path))


def module(name: str) -> Module:
    path = ROOT.joinpath("src", *name.split("."))
    return Module(name, path / "__init__.py" if path.is_dir() else path.with_suffix(".py"))


@cache
def modules() -> tuple[Module, ...]:
    files = sorted(path.relative_to(PACKAGE.parent).with_suffix("") for path in PACKAGE.rglob("*.py"))
    return tuple(module(".".join(file.parts).removesuffix(".__init__")) for file in files)


@cache
def arrows() -> tuple[Arrow, ...]:
    """Every import of the package, libraries included."""
    graph = grimp.build_graph("mercat", include_external_packages=True, cache_dir=None)
    return tuple(
        Arrow(module(importer), module(imported), detail["line_number"])
        for importer in sorted(graph.modules)
        if importer.split(".")[0] == "mercat"
        for imported in sorted(graph.find_modules_directly_imported_by(importer))
        for detail in graph.get_import_details(importer=importer, imported=imported)
    )


@cache
def settings() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


@cache
def storeys() -> dict[str, int]:
    """Each room's storey, the lowest being 0, as the import contract in pyproject.toml declares it."""
    contracts = settings()["tool"]["importlinter"]["contracts"]
    [layers] = [c["layers"] for c in contracts if c.get("containers") == ["mercat.domain"]]
    return {
        room.strip(" ()"): storey
        for storey, rooms in enumerate(reversed(layers))
        for room in rooms.replace(":", "|").split("|")
    }


def nodes(*kinds: type[ast.AST], of: Module) -> Iterator[Any]:
    return (node for node in ast.walk(of.tree) if isinstance(node, kinds))


def last_name(node: ast.AST) -> str:
    """``session`` of ``unit.session``, of ``session`` and of ``self.session``; empty for anything else."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case _:
            return ""
