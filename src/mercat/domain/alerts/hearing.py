"""What this room hears of the work itself, and of the rooms above."""

from __future__ import annotations

from decimal import Decimal

from mercat.core.jobs.messages import JobFailed, JobUnauthorized
from mercat.core.unit import WriteUnit, on
from mercat.domain.alerts.keeping import count_old, forget_old
from mercat.domain.alerts.messages import Noticed, Settled
from mercat.domain.alerts.raising import clear, judge, open_subjects
from mercat.domain.alerts.schemas import Signal, Subject, short_id
from mercat.domain.alerts.watching import signals_of_jobs
from mercat.domain.operations.messages import BudgetNearlySpent, Forgetting, RunNoted


@on(Noticed)
def judge_what_was_seen(unit: WriteUnit, fact: Noticed) -> None:
    """As if they had called."""
    judge(unit, fact.signals)


@on(Settled)
def settle_what_is_over(unit: WriteUnit, fact: Settled) -> None:
    """Of very many subjects few have an alert: only those are judged."""
    if not fact.subjects:
        return
    there = open_subjects(unit, fact.kind, fact.subjects[0].type)
    if there:
        clear(unit, fact.kind, [each for each in fact.subjects if each.id in there])


@on(JobFailed)
def count_failures(unit: WriteUnit, fact: JobFailed) -> None:
    """One more: whether that is too many the rules say."""
    del fact
    judge(unit, signals_of_jobs(unit))


@on(JobUnauthorized)
def count_refusals(unit: WriteUnit, fact: JobUnauthorized) -> None:
    """A job as any other; the account's own alert is its room's."""
    count_failures(unit, fact)


@on(RunNoted)
def note_run(unit: WriteUnit, fact: RunNoted) -> None:
    """Failures in a row are an alert until a run goes well. A held one is neither."""
    if fact.status not in {"failed", "success", "partial"}:
        return
    what = fact.source or fact.target
    subject = Subject("sync", short_id(f"{fact.sync_type}:{fact.source}:{fact.target}"), what)
    is_failing = fact.failed_in_a_row > 0
    times = "once" if fact.failed_in_a_row == 1 else f"{fact.failed_in_a_row} times in a row"
    said = fact.sync_type.replace("_", " ")
    signal = Signal(
        "sync_failed",
        subject,
        f"{said} of {what} failed {times}",
        f"From {fact.source or 'here'} to {fact.target or 'here'}. Its last runs say why.",
        is_on=is_failing,
        measure=Decimal(fact.failed_in_a_row),
        facts={"sync_type": fact.sync_type, "source": fact.source, "target": fact.target},
    )
    judge(unit, [signal])


@on(BudgetNearlySpent)
def tell_of_budget(unit: WriteUnit, fact: BudgetNearlySpent) -> None:
    """It is over with the month, or with a larger budget: ``watching`` sees that."""
    pct = Decimal(fact.spent * 100) / fact.limit if fact.limit else Decimal(100)
    signal = Signal(
        "budget_nearly_spent",
        Subject("service", fact.service, fact.service),
        f"{fact.spent:,} of the month's {fact.limit:,} calls to {fact.service} are spent",
        "What is not urgent waits once all are, until the month is over or the budget is larger.",
        measure=pct,
        new_value=str(fact.spent),
    )
    judge(unit, [signal])


@on(Forgetting)
def forget_what_is_old(unit: WriteUnit, fact: Forgetting) -> None:
    """Part of every night's tidying."""
    fact.gone |= count_old(unit, days=fact.days) if fact.is_dry else forget_old(unit, days=fact.days)
