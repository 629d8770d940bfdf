"""The tree against a naive one that is a dictionary: whatever is done in whatever order, the two agree."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import delete as delete_rows
from sqlalchemy import select

from mercat.core.errors import Conflict
from mercat.core.unit import Runtime
from mercat.domain.catalog import categories
from mercat.domain.catalog.models import Category, Change, ChangeSet, Product
from tests.domain.catalog.tree_checks import assert_whole, put, undo, where

NAMES = st.sampled_from(["A", "a", "B", "C & D", "C / D", "日本"])
PICK = st.integers(0, 10_000)


class RefusedError(Exception):
    """The naive tree says no."""


@dataclass
class NaiveTree:
    """id → (name, parent), and handle → category: as simple as can be."""

    nodes: dict[UUID, tuple[str, UUID | None]] = field(default_factory=dict)
    products: dict[str, UUID | None] = field(default_factory=dict)
    # Places that a category was renamed, moved or merged away from: these only may lead somewhere else. Shared by copies.
    left: set[tuple[UUID | None, str]] = field(default_factory=set)

    def leave(self, node: UUID) -> None:
        name, parent = self.nodes[node]
        self.left.add((parent, name.casefold()))

    def copy(self) -> NaiveTree:
        return replace(self, nodes=dict(self.nodes), products=dict(self.products))

    def child(self, parent: UUID | None, name: str, besides: UUID | None = None) -> UUID | None:
        for node, (its_name, its_parent) in self.nodes.items():
            if node != besides and its_parent == parent and its_name.casefold() == name.casefold():
                return node
        return None

    def free(self, parent: UUID | None, name: str, besides: UUID | None = None) -> None:
        if self.child(parent, name, besides):
            raise RefusedError

    def above(self, node: UUID | None) -> list[UUID]:
        line = []
        while node is not None:
            line.append(node)
            node = self.nodes[node][1]
        return line

    def path(self, node: UUID | None) -> str | None:
        return " > ".join(self.nodes[each][0] for each in reversed(self.above(node))) or None

    def move(self, what: UUID, under: UUID | None) -> None:
        if self.nodes[what][1] == under:
            return
        if what in self.above(under):
            raise RefusedError
        self.free(under, self.nodes[what][0])
        self.leave(what)
        self.nodes[what] = (self.nodes[what][0], under)

    def absorb(self, what: UUID, into: UUID | None, *, merges: bool) -> None:
        while children := [node for node, (_, parent) in self.nodes.items() if parent == what]:
            child = min(children, key=lambda node: self.nodes[node][0].casefold())
            twin = self.child(into, self.nodes[child][0], besides=what)
            if twin is None:
                self.nodes[child] = (self.nodes[child][0], into)
            elif merges:
                self.absorb(child, twin, merges=True)
            else:
                raise RefusedError
        if merges:
            self.leave(what)
        self.products = {key: into if place == what else place for key, place in self.products.items()}
        del self.nodes[what]

    def merge(self, what: UUID, into: UUID) -> None:
        if what in self.above(into):
            raise RefusedError
        self.absorb(what, into, merges=True)

    def is_empty(self, what: UUID) -> bool:
        return what not in self.products.values() and all(parent != what for _, parent in self.nodes.values())

    def delete(self, what: UUID, children: str) -> None:
        if children == "refuse" and not self.is_empty(what):
            raise RefusedError
        self.absorb(what, self.nodes[what][1], merges=False)


class TreeMachine(RuleBasedStateMachine):
    """Every rule does the same to both and expects both to agree, or both to refuse."""

    runtime: Runtime

    def __init__(self) -> None:
        super().__init__()
        self.naive = NaiveTree()
        self.done: list[tuple[UUID, NaiveTree]] = []
        self.number = 0
        with self.runtime.write() as unit:
            for table in (Change, ChangeSet, Product):
                unit.session.execute(delete_rows(table))
            unit.session.execute(Category.__table__.update().values(parent_id=None, parent_key=Category.id))
            unit.session.execute(delete_rows(Category))

    def pick(self, number: int) -> UUID:
        return list(self.naive.nodes)[number % len(self.naive.nodes)]

    def pick_place(self, number: int) -> UUID | None:
        return [None, *self.naive.nodes][number % (len(self.naive.nodes) + 1)]

    def both(self, naively: Any, really: Any) -> categories.Edited | None:
        before, tried, edited = self.naive.copy(), self.naive.copy(), None
        refused = False
        try:
            naively(tried)
            self.naive = tried
        except RefusedError:
            refused = True
        try:
            with self.runtime.write() as unit:
                edited = really(unit)
        except Conflict:
            assert refused, "only the real tree refuses"
            return None
        assert not refused, "only the naive tree refuses"
        if edited.change_set:
            self.done.append((edited.change_set, before))
        return edited

    @rule(name=NAMES, place=PICK)
    def create(self, name: str, place: int) -> None:
        parent = self.pick_place(place)
        edited = self.both(
            lambda naive: naive.free(parent, name), lambda unit: categories.create(unit, name, under=parent)
        )
        if edited and edited.category:
            self.naive.nodes[edited.category.id] = (name, parent)

    @precondition(lambda self: self.naive.nodes)
    @rule(what=PICK, name=NAMES)
    def rename(self, what: int, name: str) -> None:
        node = self.pick(what)

        def naively(naive: NaiveTree) -> None:
            naive.free(naive.nodes[node][1], name, besides=node)
            naive.leave(node)
            naive.nodes[node] = (name, naive.nodes[node][1])

        self.both(naively, lambda unit: categories.rename(unit, node, name))

    @precondition(lambda self: self.naive.nodes)
    @rule(what=PICK, place=PICK)
    def move(self, what: int, place: int) -> None:
        node, under = self.pick(what), self.pick_place(place)
        self.both(lambda naive: naive.move(node, under), lambda unit: categories.move(unit, node, under=under))

    @precondition(lambda self: len(self.naive.nodes) > 1)
    @rule(what=PICK, into=PICK)
    def merge(self, what: int, into: int) -> None:
        node, target = self.pick(what), self.pick(into)
        if node != target:
            self.both(lambda naive: naive.merge(node, target), lambda unit: categories.merge(unit, node, target))

    @precondition(lambda self: self.naive.nodes)
    @rule(what=PICK, children=st.sampled_from(["lift", "refuse"]))
    def delete(self, what: int, children: Any) -> None:
        node = self.pick(what)
        self.both(
            lambda naive: naive.delete(node, children), lambda unit: categories.delete(unit, node, children=children)
        )

    @rule(paths=st.lists(st.lists(NAMES, min_size=1, max_size=4), max_size=4))
    def ensure(self, paths: list[list[str]]) -> None:
        with self.runtime.write() as unit:
            ensured = categories.ensure_paths(unit, [" > ".join(path) for path in paths])
            new = {UUID(bytes=each) for each in ensured.created}
            rows = {row.id: row for row in unit.session.scalars(select(Category).where(Category.id.in_(new)))}
        self.naive.nodes.update({node: (rows[node].name, rows[node].parent_id) for node in sorted(new)})
        for path in paths:
            parent: UUID | None = None
            meant = UUID(bytes=ensured[" > ".join(path)])
            for name in path:
                place, parent = (parent, name.casefold()), self.naive.child(parent, name)
                if parent is None:
                    assert place in self.naive.left, "missing from the tree"
                    assert meant in self.naive.nodes
                    break
            else:
                assert meant == parent
        if new:
            # Undo leaves alone what was built upon since; that is told by an example elsewhere.
            self.done.clear()

    @rule(place=PICK, count=st.integers(1, 3))
    def put_products(self, place: int, count: int) -> None:
        category = self.pick_place(place)
        handles = [f"p{self.number + step}" for step in range(count)]
        self.number += count
        with self.runtime.write() as unit:
            put(unit, category, *handles)
        self.naive.products.update(dict.fromkeys(handles, category))
        self.done.clear()

    @precondition(lambda self: self.done)
    @rule(count=st.integers(1, 4))
    def undo_the_last(self, count: int) -> None:
        undone, self.done = self.done[-count:], self.done[:-count]
        with self.runtime.write() as unit:
            assert undo(unit, *(change_set for change_set, _ in undone)) == []
        self.naive = undone[0][1]

    @invariant()
    def the_two_agree(self) -> None:
        with self.runtime.read() as unit:
            assert_whole(unit)
            views = categories.tree(unit)
            assert {view.id: (view.name, view.parent_id) for view in views} == self.naive.nodes
            assert all(view.path == self.naive.path(view.id) for view in views)
            assert all(view.depth == len(self.naive.above(view.id)) - 1 for view in views)
            assert where(unit) == {handle: self.naive.path(place) for handle, place in self.naive.products.items()}
            for view in views:
                below = [node for node in self.naive.nodes if view.id in self.naive.above(node)]
                assert view.products_below == sum(place in below for place in self.naive.products.values())


def test_the_tree_agrees_with_a_naive_one(sqlite_runtime: Runtime) -> None:
    machine = type("BoundMachine", (TreeMachine,), {"runtime": sqlite_runtime})
    run_state_machine_as_test(machine, settings=settings(max_examples=60, stateful_step_count=30, deadline=None))


def test_a_long_play_agrees_on_every_database(runtime: Runtime) -> None:
    machine: TreeMachine = type("BoundMachine", (TreeMachine,), {"runtime": runtime})()
    for step in range(60):
        if machine.naive.nodes or step % 9 in {0, 1, 2}:
            play(machine, step % 9, step * 7919 % 101)
        machine.the_two_agree()
    assert len(machine.naive.nodes) > 3


def play(machine: TreeMachine, turn: int, number: int) -> None:  # a list, not a decision
    """One step of nine, with choices that follow from the number."""
    name = ("A", "a", "B", "C & D", "C / D", "日本")[number % 6]
    match turn:
        case 0:
            machine.ensure([["A", "B", "a"], ["B", "C / D", "A"]][: 1 + number % 2])
        case 1 | 6:
            machine.put_products(number, 2)
        case 2:
            machine.create(name, number)
        case 3:
            machine.move(number, number * 3)
        case 4:
            machine.rename(number, name)
        case 5:
            machine.merge(number, number * 5 + 1)
        case 7:
            machine.delete(number, ("lift", "refuse")[number % 2])
        case _ if machine.done:
            machine.undo_the_last(2)


def test_checks_of_the_whole_tree_can_fail(sqlite_runtime: Runtime) -> None:
    """The checks above would not be worth much if a wrong row passed them."""
    for values in ({"path": "aaaaaaaa/bbbbbbbb/"}, {"level": 3}, {"product_count": 5}, {"parent_key": "aaaaaaaa"}):
        with sqlite_runtime.write() as unit:
            ids = categories.ensure_paths(unit, ["A > B"])
            assert_whole(unit)
            spoilt = Category.__table__.update().where(Category.name == "B")
            unit.session.execute(spoilt.values(**values))
            with pytest.raises(AssertionError):
                assert_whole(unit)
            unit.bulk.delete("categories", "id", [ids["A > B"]])
