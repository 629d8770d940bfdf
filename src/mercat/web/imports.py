"""A file that is sent in from the dashboard: it becomes a job, and its plan a change set to look at."""

from __future__ import annotations

from typing import Annotated

from fastapi import Form, Query, UploadFile
from pydantic import BaseModel, Field
from starlette.responses import Response

from mercat.core.actor import Actor
from mercat.core.errors import MercatError
from mercat.core.lists import ListQuery, list_rows
from mercat.core.page import MOST_PER_PAGE
from mercat.core.unit import Runtime
from mercat.domain.suppliers import service as suppliers
from mercat.sdk.errors import VendorError
from mercat.sdk.installed import connectors
from mercat.web.feeds import MODES
from mercat.web.pages import Page
from mercat.web.routes import Caller, House, Pages, Shown, needs
from mercat.web.uploads import kept_upload

router = Pages()


class ImportForm(BaseModel):
    """How the file is to be imported."""

    supplier: str = Field("", max_length=100)
    connector: str = Field("", max_length=100)
    currency: str = Field("", max_length=20)
    mode: str = Field("upsert", max_length=20)
    complete: bool = False
    plan_only: bool = False

    def draft(self) -> suppliers.UploadDraft:
        """As the suppliers' room wants it."""
        return suppliers.UploadDraft(
            self.supplier.strip() or "direct",
            self.connector or None,
            currency=self.currency.strip().upper() or None,
            mode=self.mode,
            complete=self.complete,
            plan_only=self.plan_only,
        )


class Sent(ImportForm):
    """The same with its file."""

    file: UploadFile


@router.get("/imports", **needs("suppliers.run"))
def import_form(
    runtime: House, caller: Caller, page: Shown, supplier: Annotated[str, Query(max_length=100)] = ""
) -> Response:
    """The form to send a file in."""
    return _form(page, runtime, caller, ImportForm.model_validate({"supplier": supplier}))


@router.post("/imports", **needs("suppliers.run"))
def import_file(
    runtime: House, caller: Caller, page: Shown, asked: Annotated[Sent, Form(media_type="multipart/form-data")]
) -> Response:
    """Have a worker import it: plan, guard, apply. What guards hold waits as a change set."""
    try:
        kept, name = kept_upload(runtime, asked.file)
        job_id = runtime.attempt(lambda unit: suppliers.enqueue_upload(unit, kept.sha256, name, asked.draft()), caller)
    except (MercatError, VendorError) as wrong:
        return _form(page, runtime, caller, asked, error=wrong.message)
    return page.go(f"/jobs/{job_id}", f"{name} is being read")


def _form(page: Page, runtime: Runtime, caller: Actor, given: ImportForm, *, error: str = "") -> Response:
    with runtime.read(caller) as unit:
        known = list_rows(unit, suppliers.SUPPLIERS, ListQuery(sort="name", per_page=MOST_PER_PAGE)).data
    readers = [(name, each.title) for name, each in connectors().items() if each.supplier is not None]
    facts = {"given": given, "known": known, "readers": readers, "modes": MODES}
    return page.show("suppliers/import.html", status=422 if error else 200, error=error, **facts)
