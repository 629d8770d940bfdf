"""Showing what an import came to, and what to do next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from rich.text import Text

from mercat.cli.display import number, out, plain, say, short, shown, status
from mercat.cli.errors import HeldForReview
from mercat.cli.session import print_json
from mercat.domain.suppliers.service import ImportResult

_COUNTS = (
    ("rows", "rows read"),
    ("products", "products"),
    ("created", "created"),
    ("updated", "updated"),
    ("unchanged", "unchanged"),
    ("archived", "archived"),
    ("duplicates", "doubled"),
    ("rejected", "rejected"),
    ("ambiguous", "to be matched"),
    ("suppressed", "kept as they were"),
    ("skipped", "left out"),
    ("conflicts", "conflicts"),
)
_ALWAYS = {"rows", "products", "created", "updated", "unchanged"}
_SAMPLES = 5
_WARNINGS = 5


def finish(result: ImportResult, *, as_json: bool) -> None:
    """Print the result. Raises ``HeldForReview`` where the plan waits for a person."""
    if as_json:
        print_json(asdict(result))
    else:
        print_result(result)
    if result.status == "held":
        raise HeldForReview


def print_result(result: ImportResult) -> None:
    """A summary in a few lines: counts, pace, findings with samples, and the next step."""
    if result.change_set is None:
        say("Nothing to do: this very file was the last one applied.", style="green")
        return
    heading = Text.assemble(
        status(result.status), "  change set ", (short(result.change_set), "bold"), f"  read by {result.connector}"
    )
    out().print(heading)
    counts = [
        Text.assemble((number(getattr(result, name)), "bold"), f" {label}")
        for name, label in _COUNTS
        if name in _ALWAYS or getattr(result, name)
    ]
    out().print(Text("  ").append_text(Text(" · ").join(counts)))
    pace = f"{result.seconds:.1f} s, {result.rows_per_second:,.0f} rows/s, at most {result.peak_memory_mb:,.0f} MB"
    say(f"  {pace}", style="dim")
    print_warnings(result.warnings)
    print_findings(result.findings)
    _print_next(result)


def print_warnings(warnings: Sequence[str]) -> None:
    """The first few of what was mended or left out on the way."""
    if not warnings:
        return
    say(f"{len(warnings):,} values were mended or left out, such as:", style="yellow")
    for each in warnings[:_WARNINGS]:
        say("  " + shown(each, most=150))


def print_findings(findings: Sequence[Mapping[str, Any]]) -> None:
    """What the guards found, each with samples of what would change."""
    for finding in findings:
        out().print(Text.assemble(("! ", "bold yellow"), (plain(finding["message"]), "bold"), f"  [{finding['rule']}]"))
        for sample in finding.get("samples", [])[:_SAMPLES]:
            say("    " + _sample(finding["rule"], sample))
        more = finding["count"] - _SAMPLES
        if finding.get("samples") and more > 0:
            say(f"    … and {more:,} more", style="dim")


def _sample(rule: str, sample: Mapping[str, Any]) -> str:
    if rule == "cost_above_price":
        return f"{shown(sample['sku'])}: costs {shown(sample['old'])}, sells at {shown(sample['new'])}"
    if "old" in sample or "new" in sample:
        return f"{shown(sample.get('sku'))}: {shown(sample.get('old'))} → {shown(sample.get('new'))}"
    return ", ".join(f"{name} {shown(value)}" for name, value in sample.items())


def _print_next(result: ImportResult) -> None:
    reference = short(result.change_set or "")
    if result.status == "held":
        say("Held for review; the catalogue is as it was. Next:")
        say(f"  mercat changes show {reference} --flagged    what the guards stopped at")
        say(f"  mercat changes approve {reference}           apply it all the same")
        say(f"  mercat changes reject {reference}            leave everything as it is")
    elif result.status == "planned":
        say("Planned, not applied. Next:")
        say(f"  mercat changes show {reference}")
        say(f"  mercat changes approve {reference}")
    else:
        say(f"mercat changes show {reference} lists it; mercat changes undo {reference} takes it back.", style="dim")
    if result.rejected:
        say(f"mercat changes show {reference} --rejects lists the rows that were not taken, and why.", style="dim")
    if result.ambiguous:
        say("mercat match list shows what only a person can match.", style="dim")
