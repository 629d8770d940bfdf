"""A feed: where its files come from, what their columns mean, what its plans are held by, when it runs; trying and running it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Annotated
from urllib.parse import quote

from fastapi import Depends, Form, Path, Query, UploadFile
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from mercat.core.actor import Actor
from mercat.core.errors import MercatError, NotFound
from mercat.core.files import safe_name
from mercat.core.lists import ListQuery, list_rows
from mercat.core.redaction import redact
from mercat.core.settings import feed_password_variable
from mercat.core.unit import ReadUnit, Runtime
from mercat.domain.operations import service as operations
from mercat.domain.suppliers import service as suppliers
from mercat.sdk.errors import VendorError
from mercat.sdk.installed import connectors
from mercat.sdk.roles import FeedFile, Inspection
from mercat.web.forms import Back
from mercat.web.guards import GUARDS, GuardForm
from mercat.web.pages import Page
from mercat.web.rhythm import CHOICES, NEVER, Rhythm, rhythm_of
from mercat.web.routes import Caller, House, Pages, Shown, needs
from mercat.web.uploads import kept_upload

router = Pages()
Code = Annotated[str, Path(max_length=100)]
Name = Annotated[str, Path(max_length=255)]
Sample = Annotated[str, Query(max_length=64)]
# Nothing but a hash becomes a path.
_HASH = re.compile(r"[0-9a-f]{64}")
MODES = (("upsert", "Create and update"), ("create-only", "Only create"), ("update-only", "Only update"))
# Whose columns people may map; the other connectors know theirs.
_MAPPED = "table"
_MOST_COLUMNS = 200
_SHOWN = 8
_BASE = "/suppliers/{code}/feeds/{name}"


class FeedForm(Rhythm, GuardForm):
    """How a feed is fetched, read, guarded and when it runs."""

    name: str = Field("", max_length=200)
    location: str = Field("", max_length=2000)
    connector: str = Field("table", max_length=100)
    username: str = Field("", max_length=255)
    host_fingerprint: str = Field("", max_length=255)
    currency: str = Field("", max_length=20)
    mode: str = Field("upsert", max_length=20)
    complete: bool = False

    def draft(self, before: suppliers.FeedDraft, zone: str) -> suppliers.FeedDraft:
        """What is asked for; what the form has no field for stays as it was. Raises ``Invalid``."""
        cron, every_s = self.parts()
        access = {"username": self.username.strip(), "host_fingerprint": self.host_fingerprint.strip()}
        fetch = {**{name: value for name, value in before.fetch.items() if name not in access}}
        return replace(
            before,
            location=self.location.strip(),
            connector=self.connector,
            fetch={**fetch, **{name: value for name, value in access.items() if value}},
            currency=self.currency.strip().upper() or None,
            mode=self.mode,
            complete=self.complete,
            guards=self.guards(before.guards),
            cron=cron,
            every_s=every_s,
            timezone=before.timezone if before.cron == cron and cron else zone,
        )


class SampleForm(BaseModel):
    """A file like those that the feed will bring."""

    code: str = Field(max_length=100)
    name: str = Field(max_length=255)
    file: UploadFile


class RunForm(Back):
    """How to run it."""

    plan_only: bool = False
    again: bool = False


@router.get("/suppliers/{code}/feeds/new", **needs("suppliers.edit"))
def new_feed(code: Code, runtime: House, caller: Caller, page: Shown) -> Response:
    """The form for one more."""
    with runtime.read(caller) as unit:
        suppliers.get_supplier(unit, code)
    given = FeedForm.model_validate({"when": NEVER, **GuardForm.shown({})})
    return _form(page, code, given)


@router.post("/suppliers/{code}/feeds/new", **needs("suppliers.edit"))
def add_feed(code: Code, runtime: House, caller: Caller, page: Shown, asked: Annotated[FeedForm, Form()]) -> Response:
    """Remember it. Nothing is fetched yet."""
    try:
        start = suppliers.FeedDraft(asked.name.strip(), asked.location, asked.connector, supplier=code)
        draft = asked.draft(start, str(page.clock.zone))
        with runtime.write(caller) as unit:
            suppliers.refuse_distant_folder(runtime.settings, draft)
            suppliers.add_feed(unit, draft)
    except (MercatError, VendorError) as wrong:
        return _form(page, code, asked, error=wrong.message)
    return page.go(_address(code, draft.name), "The feed is remembered. Try it before it applies anything")


@dataclass(frozen=True)
class Visit:
    """Who looks at which feed of which supplier."""

    code: str
    name: str
    runtime: Runtime
    caller: Actor
    page: Page


async def _visit(code: Code, name: Name, runtime: House, caller: Caller, page: Shown) -> Visit:
    return Visit(code, name, runtime, caller, page)


Visited = Annotated[Visit, Depends(_visit)]


@router.get(_BASE, **needs("suppliers.read"))
def show_feed(of: Visited, sample: Sample = "", file: str = "") -> Response:
    """The feed, with the columns of its last file, or of a sample that was sent in."""
    draft = _draft(of)
    return _shown(of, draft, _given(draft), sample=(sample, file))


@router.post(_BASE, **needs("suppliers.edit"))
def change_feed(of: Visited, asked: Annotated[FeedForm, Form()]) -> Response:
    """Say anew how it is fetched, read and guarded, and when it runs."""
    before = _draft(of)
    try:
        draft = asked.draft(before, str(of.page.clock.zone))
        if draft.location == redact(before.location):
            # What was shown hid a secret: it is not written over by what hides it.
            draft = replace(draft, location=before.location)
        else:
            suppliers.refuse_distant_folder(of.runtime.settings, draft)
        with of.runtime.write(of.caller) as unit:
            suppliers.replace_feed(unit, of.name, draft)
    except (MercatError, VendorError) as wrong:
        return _shown(of, before, asked, error=wrong.message)
    return of.page.go(_address(of.code, of.name), "Saved")


@router.post(_BASE + "/columns", **needs("suppliers.edit"))
async def change_columns(of: Visited, request: Request) -> Response:
    """Say what each column means: ``column`` names one, ``target`` says where it goes, in the same order."""
    async with request.form(max_fields=4 * _MOST_COLUMNS) as form:
        given = {key: [str(each) for each in form.getlist(key)] for key in ("column", "target", "sample", "file")}
    targets = dict(zip(given["column"], given["target"], strict=False))
    sample = ("".join(given["sample"][:1]), "".join(given["file"][:1]))
    return await run_in_threadpool(_change_columns, of, targets, sample)


def _change_columns(of: Visit, targets: dict[str, str], sample: tuple[str, str]) -> Response:
    draft = _draft(of)
    with of.runtime.read(of.caller) as unit:
        file = _file(unit, of, sample)
    found, _ = _inspected(file, draft.connector)
    profile, settings = suppliers.remapped(draft.profile, draft.settings, found.profile if found else None, targets)
    tried = replace(draft, profile=profile, settings=settings)
    try:
        with of.runtime.write(of.caller) as unit:
            suppliers.replace_feed(unit, of.name, tried)
    except (MercatError, VendorError) as wrong:
        return _shown(of, tried, _given(draft), sample=sample, error=wrong.message)
    return of.page.go(_address(of.code, of.name), "The columns are kept. Try the feed before it applies anything")


@router.post(_BASE + "/run", **needs("suppliers.run"))
def run_feed(of: Visited, asked: Annotated[RunForm, Form()]) -> Response:
    """Have a worker fetch what is new and import it, or only plan it."""
    how = {"plan_only": asked.plan_only, "again": asked.again}
    job_id = of.runtime.attempt(lambda unit: suppliers.enqueue_run(unit, of.name, **how), of.caller)
    return of.page.go(f"/jobs/{job_id}", "It is tried: nothing will be applied" if asked.plan_only else "It runs")


@router.post(_BASE + "/remove", **needs("suppliers.edit"))
def remove_feed(of: Visited, _asked: Annotated[Back, Form()]) -> Response:
    """Forget it; one that brought files is switched off."""
    with of.runtime.write(of.caller) as unit:
        is_gone = suppliers.remove_feed(unit, of.name)
    said = f"{of.name} is {'removed' if is_gone else 'switched off; its files stay'}"
    return of.page.go(f"/suppliers/{quote(of.code, safe='')}", said)


@router.post("/imports/sample", **needs("suppliers.edit"))
def take_sample(
    runtime: House, page: Shown, asked: Annotated[SampleForm, Form(media_type="multipart/form-data")]
) -> Response:
    """Look at the columns of a file, for the feed that will read such."""
    kept, called = kept_upload(runtime, asked.file)
    address = f"{_address(asked.code, asked.name)}?sample={kept.sha256}&file={quote(called)}#columns"
    return page.go(address, f"These are the columns of {called}")


def _address(code: str, name: str) -> str:
    return f"/suppliers/{quote(code, safe='')}/feeds/{quote(name, safe='')}"


def _given(draft: suppliers.FeedDraft) -> FeedForm:
    rhythm = (
        rhythm_of(draft.cron, draft.every_s) if draft.cron or draft.every_s else Rhythm.model_validate({"when": NEVER})
    )
    values = {
        "name": draft.name,
        "location": redact(draft.location),
        "connector": draft.connector,
        "username": draft.fetch.get("username") or "",
        "host_fingerprint": draft.fetch.get("host_fingerprint") or "",
        "currency": draft.currency or "",
        "mode": draft.mode,
        "complete": draft.complete,
    }
    return FeedForm.model_validate({**values, **rhythm.model_dump(), **GuardForm.shown(draft.guards)})


def _readers() -> list[tuple[str, str]]:
    return [(name, each.title) for name, each in connectors().items() if each.supplier is not None]


def _form(page: Page, code: str, given: FeedForm, *, error: str = "") -> Response:
    facts = {"code": code, "given": given, "choices": CHOICES, "modes": MODES, "readers": _readers(), "guards": GUARDS}
    return page.show("suppliers/feed_new.html", status=422 if error else 200, error=error, **facts)


def _draft(of: Visit) -> suppliers.FeedDraft:
    """As it is kept. Raises ``NotFound``, also where it is another supplier's."""
    with of.runtime.read(of.caller) as unit:
        draft = suppliers.draft_of(unit, of.name)
    if draft.supplier != of.code:
        message = f"{of.code} has no feed called {of.name}"
        raise NotFound(message)
    return draft


def _shown(
    of: Visit, draft: suppliers.FeedDraft, given: FeedForm, *, sample: tuple[str, str] = ("", ""), error: str = ""
) -> Response:
    with of.runtime.read(of.caller) as unit:
        kept = suppliers.get_feed(unit, of.name)
        feed = suppliers.described_feed(kept)
        file = _file(unit, of, sample if of.page.may("suppliers.edit") else ("", ""))
        subject = {"subject_type": ["feed"], "subject_id": [str(kept.id)]}
        jobs = list_rows(unit, operations.JOBS, ListQuery(equal=subject, per_page=_SHOWN)).data
        schedule = operations.find_schedule(unit, suppliers.schedule_name(of.name))
    found, trouble = _inspected(file, draft.connector)
    is_mapped = draft.connector == _MAPPED
    return of.page.show(
        "suppliers/feed.html",
        status=422 if error else 200,
        code=of.code,
        feed=feed,
        given=given,
        error=error,
        jobs=jobs,
        schedule=schedule,
        sample=sample,
        file=None if file is None else file.name,
        found=found,
        trouble=trouble,
        is_mapped=is_mapped,
        columns=suppliers.mapping_of(draft.profile, draft.settings, found)[:_MOST_COLUMNS] if is_mapped else [],
        variable=feed_password_variable(of.name),
        choices=CHOICES,
        modes=MODES,
        readers=_readers(),
        guards=GUARDS,
    )


def _file(unit: ReadUnit, of: Visit, sample: tuple[str, str]) -> FeedFile | None:
    """The sample, or the last file that the feed brought, while it is kept."""
    sha256, called = sample
    if not _HASH.fullmatch(sha256):
        query = ListQuery(equal={"feed_id": [suppliers.get_feed(unit, of.name).id]}, per_page=1)
        last = list_rows(unit, suppliers.FEED_FILES, query).data
        if not last:
            return None
        sha256, called = last[0]["sha256"], last[0]["name"]
    path = of.runtime.files.path_of(sha256)
    return FeedFile(safe_name(called), path) if path.exists() else None


def _inspected(file: FeedFile | None, connector: str) -> tuple[Inspection | None, str]:
    """What the file looks like, or why that cannot be said."""
    if file is None or connector != _MAPPED:
        return None, ""
    try:
        return suppliers.inspect([file], connector=connector), ""
    except (MercatError, VendorError) as wrong:
        return None, wrong.message
