"""Users: who makes them, what they are called, and who must always be left."""

import threading
from collections.abc import Callable
from contextlib import suppress

import pytest
from sqlalchemy import event

from mercat.core.actor import Actor
from mercat.core.errors import Conflict, Forbidden, Invalid, NotFound, Unauthenticated
from mercat.core.jobs.running import claim
from mercat.core.unit import Runtime
from mercat.domain import register_hearing
from mercat.domain.access import service as access
from mercat.domain.catalog import service as catalog
from mercat.domain.operations import service as operations
from mercat.domain.suppliers import messages as suppliers
from tests.domain.access.people import PASSWORD, TERMINAL, actor_for, add_user, sign_in

FIRST = access.UserDraft("boss", "boss@example.com", password=PASSWORD)


def test_whoever_comes_first_is_the_administrator_and_only_they(runtime: Runtime) -> None:
    with runtime.read() as unit:
        assert not access.is_set_up(unit)

    made = access.set_up(runtime, FIRST, address="192.0.2.7")

    assert (made.username, made.role, made.is_active) == ("boss", "admin", True)
    with pytest.raises(Conflict, match="is set up"):
        access.set_up(runtime, access.UserDraft("late", "late@example.com", password=PASSWORD))
    with runtime.read(TERMINAL) as unit:
        assert access.is_set_up(unit)
        [entry] = access.list_audit(unit).data
    assert (entry.action, entry.actor, entry.subject, entry.address) == ("user.set_up", "boss", "boss", "192.0.2.7")


def race(*works: Callable[[], object]) -> list[Exception]:
    """All at once; what they raised."""
    raised: list[Exception] = []
    start = threading.Barrier(len(works))

    def run(work: Callable[[], object]) -> None:
        start.wait()
        try:
            work()
        except Exception as failed:  # noqa: BLE001  # a test collects whatever comes
            raised.append(failed)

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


def test_of_several_who_come_first_at_once_one_is(runtime: Runtime) -> None:
    def come(number: int) -> Callable[[], object]:
        draft = access.UserDraft(f"boss{number}", f"boss{number}@example.com", password=PASSWORD)
        return lambda: access.set_up(runtime, draft)

    raised = race(*(come(number) for number in range(4)))

    assert [type(each) for each in raised] == [Conflict] * 3
    with runtime.read(TERMINAL) as unit:
        assert access.list_users(unit).total == 1


@pytest.mark.parametrize("leave", ["role", "disable"])
def test_the_last_administrator_stays(runtime: Runtime, leave: str) -> None:
    add_user(runtime, "one", "admin")
    add_user(runtime, "two", "admin")
    add_user(runtime, "closed", "admin")
    access.disable(runtime, TERMINAL, "closed")

    def go(name: str) -> Callable[[], object]:
        if leave == "role":
            return lambda: access.set_role(runtime, TERMINAL, name, "viewer")
        return lambda: access.disable(runtime, TERMINAL, name)

    both_have_looked = threading.Barrier(2)

    def wait(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.startswith("SELECT users.") and "ORDER BY users.id" in statement:
            with suppress(threading.BrokenBarrierError):
                both_have_looked.wait(timeout=1)

    event.listen(runtime.engine, "after_cursor_execute", wait)
    raised = race(go("one"), go("two"))
    event.remove(runtime.engine, "after_cursor_execute", wait)

    assert [type(each) for each in raised] == [Conflict]
    with runtime.read(TERMINAL) as unit:
        assert access.list_users(unit, role="admin", is_active=True).total == 1


@pytest.mark.parametrize(("username", "email"), [("ANN", "other@example.com"), ("other", "ANN@EXAMPLE.com")])
def test_a_name_is_somebodys_in_every_case(runtime: Runtime, username: str, email: str) -> None:
    add_user(runtime, "Ann")

    with pytest.raises(Conflict, match="taken"):
        access.create_user(runtime, TERMINAL, access.UserDraft(username, email))


@pytest.mark.parametrize(
    "draft",
    [
        access.UserDraft("a", "a@example.com"),
        access.UserDraft("ann@x", "a@example.com"),
        access.UserDraft("änn", "a@example.com"),
        access.UserDraft("-ann", "a@example.com"),
        access.UserDraft("ann", "example.com"),
        access.UserDraft("ann", "a b@example.com"),
        access.UserDraft("ann", "a@b@example.com"),
        access.UserDraft("ann", "a@example.com\x00"),
        access.UserDraft("ann", "a@example.com", first_name="x" * 101),
        access.UserDraft("ann", "a@example.com", role="owner"),
        access.UserDraft("ann", "a@example.com", password="short"),
        access.UserDraft("ann", "a@example.com", password_hash="5f4dcc3b5aa765d61d8327deb882cf99"),
        access.UserDraft("ann", "a@example.com", password=PASSWORD, password_hash="$2b$04$" + "x" * 53),
    ],
)
def test_a_draft_that_will_not_do_makes_nobody(sqlite_runtime: Runtime, draft: access.UserDraft) -> None:
    with pytest.raises(Invalid):
        access.create_user(sqlite_runtime, TERMINAL, draft)
    with sqlite_runtime.read() as unit:
        assert not access.is_set_up(unit)


def test_users_are_changed_and_found_by_any_of_their_names(runtime: Runtime) -> None:
    ann = add_user(runtime, "ann", first_name="Ann")
    add_user(runtime, "bob", "operator")

    changed = access.update_user(
        runtime, actor_for(ann), ann.id, access.UserPatch(username="Anna", email="Anna@Example.com", first_name="")
    )

    assert (changed.username, changed.email, changed.first_name) == ("Anna", "Anna@Example.com", None)
    with runtime.read(TERMINAL) as unit:
        for reference in (ann.id, str(ann.id), "ANNA", "anna@example.com"):
            assert access.get_user(unit, reference).id == ann.id
        assert [each.username for each in access.list_users(unit)] == ["Anna", "bob"]
        assert [each.username for each in access.list_users(unit, role="operator")] == ["bob"]
        [entry] = access.list_audit(unit, action="user.changed").data
        with pytest.raises(NotFound):
            access.get_user(unit, "nobody")
    assert entry.details == {
        "username": ["ann", "Anna"],
        "email": ["ann@example.com", "Anna@Example.com"],
        "first_name": ["Ann", None],
    }
    with pytest.raises(Conflict, match="taken"):
        access.update_user(runtime, TERMINAL, "bob", access.UserPatch(username="ANNA"))


def test_everybody_sees_themselves_and_administrators_everybody(sqlite_runtime: Runtime) -> None:
    runtime = sqlite_runtime
    ann = add_user(runtime, "ann", "approver")
    boss = add_user(runtime, "boss", "admin")
    with runtime.read(actor_for(ann)) as unit:
        assert access.get_user(unit, "ann").username == "ann"
        for look in (lambda: access.get_user(unit, "boss"), lambda: access.get_user(unit, "nobody")):
            with pytest.raises(Forbidden):
                look()
        for look in (access.list_users, access.list_audit, access.list_sessions, access.list_keys):
            with pytest.raises(Forbidden):
                look(unit)
    with runtime.read(actor_for(boss)) as unit:
        assert access.list_users(unit).total == 2


def test_nobody_gives_or_takes_what_they_do_not_have(sqlite_runtime: Runtime) -> None:
    """A key for managing accounts is not a way to become an administrator."""
    runtime = sqlite_runtime
    add_user(runtime, "boss", "admin")
    ann = add_user(runtime, "ann", "viewer")
    clerk = Actor("user", "clerk", access.ROLES["operator"] | {"access.users", "access.keys"})
    to_admin = access.UserDraft("new", "new@example.com", "admin", password=PASSWORD)
    for trespass in (
        lambda: access.create_user(runtime, clerk, to_admin),
        lambda: access.invite(runtime, clerk, access.UserDraft("new", "new@example.com", "admin")),
        lambda: access.set_role(runtime, clerk, "ann", "admin"),
        lambda: access.set_role(runtime, clerk, "boss", "viewer"),
        lambda: access.disable(runtime, clerk, "boss"),
        lambda: access.enable(runtime, clerk, "boss"),
        lambda: access.set_password(runtime, clerk, "boss", PASSWORD),
        lambda: access.make_reset_link(runtime, clerk, "boss"),
        lambda: access.update_user(runtime, clerk, "boss", access.UserPatch(email="mine@example.com")),
        lambda: access.create_key(runtime, clerk, access.KeyDraft("k", ["access.audit"]), owner="boss"),
        lambda: access.create_key(runtime, actor_for(ann), access.KeyDraft("k", ["operator"])),
        lambda: access.create_key(runtime, actor_for(ann), access.KeyDraft("k", ["viewer"]), owner="boss"),
        lambda: access.create_user(runtime, actor_for(ann), access.UserDraft("x1", "x@example.com")),
        lambda: access.rotate_signing(runtime, actor_for(ann)),
    ):
        with pytest.raises((Forbidden, Conflict)) as refused:
            trespass()
        assert isinstance(refused.value, Forbidden) or "last" in refused.value.message
    assert access.set_role(runtime, clerk, "ann", "operator").role == "operator"


def test_a_closed_account_is_opened_again_as_it_was(runtime: Runtime) -> None:
    add_user(runtime)
    session = sign_in(runtime)
    access.disable(runtime, TERMINAL, "ann")
    with pytest.raises(Unauthenticated):
        access.refresh(runtime, session.refresh)

    access.enable(runtime, TERMINAL, "ann")

    assert sign_in(runtime).user_id == session.user_id
    with pytest.raises(Unauthenticated):
        access.refresh(runtime, session.refresh)


def test_administrative_acts_say_who_when_what_about_whom_and_from_where(runtime: Runtime) -> None:
    boss = add_user(runtime, "boss", "admin")
    me = Actor("user", "boss", access.ROLES["admin"], id=boss.id, via="session", address="2001:db8::7")
    access.create_user(runtime, me, access.UserDraft("ann", "ann@example.com", password=PASSWORD))
    access.set_role(runtime, me, "ann", "operator")
    key = access.create_key(runtime, me, access.KeyDraft("nightly", ["viewer"]), owner="ann").key
    access.revoke_key(runtime, me, key.id)
    access.set_password(runtime, me, "ann", "another green lamp")
    access.make_reset_link(runtime, me, "ann")
    access.disable(runtime, me, "ann")
    access.enable(runtime, me, "ann")
    access.rotate_signing(runtime, me)

    with runtime.read(me) as unit:
        entries = access.list_audit(unit, user_id=boss.id).data[::-1]
        about_ann = access.list_audit(unit, subject_id=str(next(e for e in entries if e.subject == "ann").subject_id))
    assert [each.action for each in entries] == [
        "user.created", "user.role_set", "key.created", "key.revoked", "user.password_set", "user.reset_link_made",
        "user.disabled", "user.enabled", "signing_key.rotated",
    ]  # fmt: skip
    assert {(each.actor, each.via, each.address) for each in entries} == {("boss", "session", "2001:db8::7")}
    assert about_ann.total == 6
    assert entries[1].details == {"role": ["viewer", "operator"]}
    assert all(each.at for each in entries)


def test_an_act_that_fails_leaves_no_entry(sqlite_runtime: Runtime) -> None:
    add_user(sqlite_runtime, "boss", "admin")
    with pytest.raises(Conflict):
        access.disable(sqlite_runtime, TERMINAL, "boss")
    with sqlite_runtime.read(TERMINAL) as unit:
        assert [each.action for each in access.list_audit(unit)] == ["user.created"]


def test_what_a_user_sets_going_knows_them_to_the_end(runtime: Runtime) -> None:
    """By job, run and change set: a name alone would not say who it was once somebody is renamed."""
    ann = actor_for(add_user(runtime, "ann", "operator"))
    with runtime.write(ann) as unit:
        job_id = unit.enqueue(suppliers.RunFeed("acme"))
    with runtime.write() as unit:
        begun = claim(unit, job_id, 0, "a worker")
    assert begun is not None
    with runtime.write(begun.actor) as unit:
        run = operations.begin_run(unit, "feed_import", source="acme", target="catalog", files=[])
        made = catalog.open_set(unit, catalog.Source("feed", "acme", 1), "acme", reference=None, evidence={})

    with runtime.read() as unit:
        job = operations.get_job(unit, str(job_id))
        assert (job.user_id, run.user_id, made.user_id) == (ann.id, ann.id, ann.id)
        assert (job.actor, run.actor, made.created_by) == ("ann", "ann", "ann")


def test_what_administrators_do_in_other_rooms_is_written_down_too(sqlite_runtime: Runtime) -> None:
    runtime = sqlite_runtime
    register_hearing()
    boss = actor_for(add_user(runtime, "boss", "admin"))
    url = "https://erp.example/hook?token=planted"
    with runtime.write(boss) as unit:
        operations.set_budget(unit, "shopify", 1000)
        operations.set_configuration(unit, runtime.secrets, "usage.warn_pct", "70")
    operations.add_endpoint(runtime, boss, operations.EndpointDraft("erp", url, ["*"]))
    operations.rotate_endpoint_secret(runtime, boss, "erp")
    operations.change_endpoint(runtime, boss, "erp", is_active=False)
    with runtime.write(boss) as unit:
        operations.remove_endpoint(unit, "erp")
    operations.reseal(runtime, boss)

    with runtime.read(boss) as unit:
        entries = access.list_audit(unit, user_id=boss.id).data[::-1]
    assert [(each.action, each.subject) for each in entries] == [
        ("budget.set", "shopify"), ("configuration.changed", "usage.warn_pct"), ("webhook.added", "erp"),
        ("webhook.secret_rotated", "erp"), ("webhook.changed", "erp"), ("webhook.removed", "erp"),
        ("secrets.resealed", None),
    ]  # fmt: skip
    assert entries[0].details == {"monthly_calls": 1000}
    assert "planted" not in str(entries)
