"""``mercat alerts rules``: what is watched, from which threshold on, and how often that would have been."""

from __future__ import annotations

from dataclasses import asdict
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any

import typer

from mercat.cli.display import number, out, say, shown, table
from mercat.cli.listing import print_rows, rows_of
from mercat.cli.options import pair_of, seconds_of
from mercat.cli.session import JsonOption, PageOption, PerPageOption, me, open_runtime, print_json
from mercat.core.errors import Invalid
from mercat.domain import register_replays
from mercat.domain.alerts import service as alerts

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True)

KeyArgument = Annotated[str, typer.Argument(metavar="KEY", help="The rule's key, e.g. price_change.")]
WhenOption = Annotated[
    list[str] | None,
    typer.Option(
        "--when", metavar="CONDITION", help="A fact it needs, e.g. 'price < 20', 'available <= {reorder_point}'."
    ),
]
ThresholdOption = Annotated[str | None, typer.Option("--threshold", help="From which measure on; none takes it away.")]
CriticalOption = Annotated[str | None, typer.Option("--critical", help="From which measure on it is critical; none.")]
SeverityOption = Annotated[str | None, typer.Option("--severity", help="info, warning or critical.")]
CooldownOption = Annotated[str | None, typer.Option("--cooldown", metavar="SPAN", help="Quiet for so long, e.g. 6h.")]
HysteresisOption = Annotated[
    int | None, typer.Option("--hysteresis", min=0, max=100, help="Over only so many percent beyond the threshold.")
]
ChannelOption = Annotated[list[str] | None, typer.Option("--channel", help="in_app, email, webhook.")]
_ANY_CASE_NONE = {"none", "off"}


@app.callback(epilog="Example: mercat alerts rules set price_change --threshold 5")
def rules() -> None:
    """The rules that decide what is an alert."""


@app.command("list")
def list_(*, page: PageOption = 1, per_page: PerPageOption = 100, as_json: JsonOption = False) -> None:
    """All rules."""
    rows = rows_of(alerts.ALERT_RULES, {}, page=page, per_page=per_page)
    if as_json:
        print_json(rows)
        return
    lines = [
        (
            each["key"],
            shown(each["name"]),
            each["severity"] if each["is_active"] else "off",
            f"{each['comparison'].replace('_', ' ')} {each['threshold']}" if each["comparison"] else "",
            number(each["fired_count"]),
        )
        for each in rows["data"]
    ]
    out().print(table(("key", "what", "severity", "threshold", "fired"), lines, right=("fired",)))
    print_rows(rows, "rules")


@app.command()
def show(key: KeyArgument, *, as_json: JsonOption = False) -> None:
    """One rule with its terms, and the thresholds that differ from its own."""
    with open_runtime() as runtime, runtime.read(me()) as unit:
        rule = alerts.get_rule(unit, key)
        described = {name: getattr(rule, name) for name in alerts.ALERT_RULES.fields}
        names = ("user_id", "subject_id", "category_id", "threshold")
        described["thresholds"] = [
            {name: getattr(each, name) for name in names} for each in alerts.list_thresholds(unit, key)
        ]
    if as_json:
        print_json(described)
        return
    for name, value in described.items():
        say(f"{name:<20}{shown(value, most=400)}")


@app.command()
def kinds(*, as_json: JsonOption = False) -> None:
    """What can be watched, and what a threshold of it counts."""
    found = alerts.KINDS.values()
    if as_json:
        print_json([{"key": each.key, "subject_type": each.subject_type, "measure": each.measure} for each in found])
        return
    rows = [(each.key, each.subject_type.replace("_", " "), each.name, each.measure) for each in found]
    out().print(table(("kind", "about", "what", "its threshold counts"), rows))


@app.command()
def add(
    key: KeyArgument,
    *,
    kind: Annotated[str, typer.Option("--kind", help="What it watches: `mercat alerts rules kinds`.")],
    when: WhenOption = None,
    threshold: ThresholdOption = None,
    critical: CriticalOption = None,
    severity: SeverityOption = None,
    cooldown: CooldownOption = None,
    hysteresis: HysteresisOption = None,
    channel: ChannelOption = None,
    as_json: JsonOption = False,
) -> None:
    """A rule of your own."""
    terms = _terms(when, threshold, critical, severity, cooldown, hysteresis, channel)
    draft = alerts.RuleDraft(key, kind, **terms)
    with open_runtime() as runtime:
        runtime.attempt(lambda unit: alerts.add_rule(unit, draft), me())
    if as_json:
        print_json(asdict(draft))
    else:
        say(f"{key} is watched for. `mercat alerts rules backtest {key}` tries it on what was recorded.")


@app.command("set")
def set_(
    key: KeyArgument,
    *,
    when: WhenOption = None,
    threshold: ThresholdOption = None,
    critical: CriticalOption = None,
    severity: SeverityOption = None,
    cooldown: CooldownOption = None,
    hysteresis: HysteresisOption = None,
    channel: ChannelOption = None,
    as_json: JsonOption = False,
) -> None:
    """Change a rule's terms."""
    terms = _terms(when, threshold, critical, severity, cooldown, hysteresis, channel)
    if not terms:
        message = (
            "nothing to change: give --threshold, --critical, --severity, --cooldown, --hysteresis, --channel, --when"
        )
        raise Invalid(message)
    _change(key, terms, as_json=as_json)


@app.command()
def on(key: KeyArgument, *, as_json: JsonOption = False) -> None:
    """Watch for it."""
    _change(key, {"is_active": True}, as_json=as_json)


@app.command()
def off(key: KeyArgument, *, as_json: JsonOption = False) -> None:
    """Watch for it no more; what is open stays so."""
    _change(key, {"is_active": False}, as_json=as_json)


@app.command()
def remove(key: KeyArgument, *, as_json: JsonOption = False) -> None:
    """Remove a rule of your own; what it raised stays."""
    with open_runtime() as runtime:
        runtime.attempt(lambda unit: alerts.remove_rule(unit, key), me())
    if as_json:
        print_json({"key": key, "removed": True})
    else:
        say(f"{key} is removed.")


@app.command()
def threshold(
    key: KeyArgument,
    value: Annotated[str, typer.Argument(metavar="VALUE", help="The threshold; none takes it away.")],
    *,
    item: Annotated[str | None, typer.Option("--item", metavar="ID", help="For this item.")] = None,
    category: Annotated[str | None, typer.Option("--category", metavar="ID", help="For this category.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Another threshold for an item or a category."""
    with open_runtime() as runtime:
        runtime.attempt(
            lambda unit: alerts.set_threshold(unit, key, _number(value), subject_id=item, category_id=category), me()
        )
    if as_json:
        print_json({"key": key, "item": item, "category": category, "threshold": _number(value)})
    else:
        say(f"{key} has the threshold {value} for {item or category}.")


@app.command(epilog="Example: mercat alerts rules backtest price_change --days 90 --with threshold=5")
def backtest(
    key: KeyArgument,
    *,
    days: Annotated[int, typer.Option("--days", min=1, max=3660, help="Of how many days.")] = 90,
    changes: Annotated[
        list[str] | None, typer.Option("--with", metavar="NAME=VALUE", help="As if it had these terms: threshold=5.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """How often the rule would have fired on what was recorded. Nothing is changed."""
    register_replays()
    terms = {name: _term(name, text) for name, text in map(pair_of, changes or [])}
    with open_runtime() as runtime, runtime.read(me()) as unit:
        found = alerts.backtest(unit, key, days=days, changes=terms)
    if as_json:
        print_json(asdict(found))
        return
    times = "once" if found.fired == 1 else f"{found.fired:,} times"
    say(
        f"{key} would have fired {times} in {found.days} days ({found.signals:,} signals of {found.subjects:,} subjects)."
    )
    for each in found.samples:
        say(f"  {each['at']:%Y-%m-%d %H:%M}  {each['severity']:<9}{shown(each['title'], most=100)}", style="dim")


def _change(key: str, terms: dict[str, Any], *, as_json: bool) -> None:
    with open_runtime() as runtime:
        runtime.attempt(lambda unit: alerts.change_rule(unit, key, terms), me())
    if as_json:
        print_json({"key": key, **terms})
    else:
        say(
            f"{key}: {', '.join(f'{name} {shown(str(value) if isinstance(value, Decimal) else value)}' for name, value in terms.items())}."
        )


def _terms(
    when: list[str] | None,
    threshold: str | None,
    critical: str | None,
    severity: str | None,
    cooldown: str | None,
    *rest: Any,
) -> dict[str, Any]:
    hysteresis, channels = rest
    terms: dict[str, Any] = {}
    if when:
        terms["condition"] = alerts.from_text(when)
    if threshold is not None:
        terms["threshold"] = _number(threshold)
    if critical is not None:
        terms["critical_threshold"] = _number(critical)
    if cooldown is not None:
        terms["cooldown_s"] = seconds_of(cooldown)
    given = {"severity": severity, "hysteresis_pct": hysteresis, "channels": channels}
    return {**terms, **{name: value for name, value in given.items() if value is not None}}


def _term(name: str, text: str) -> Any:
    if name in {"threshold", "critical_threshold"}:
        return _number(text)
    return int(text) if text.isdigit() else text


def _number(text: str) -> Decimal | None:
    if text.lower() in _ANY_CASE_NONE:
        return None
    try:
        return Decimal(text)
    except InvalidOperation as wrong:
        message = f"{text!r} is no number; none takes the threshold away"
        raise Invalid(message) from wrong
