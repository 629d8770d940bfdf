"""The steps of a rule, compiled once into one function from text to text. Amounts are exact decimals throughout."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Context, Decimal, localcontext

from mercat.connectors.table.settings import PriceRule, Rule
from mercat.sdk.values import decimal_text, plain_text, safe_html, weight_unit

Step = Callable[[str], str]

_ROUNDING = {"nearest": ROUND_HALF_UP, "up": ROUND_CEILING, "down": ROUND_FLOOR}
_EXACT = Context(prec=60)
_TAGS = re.compile(r"<[^>]*>")
_BREAKS = re.compile(r"<(?:br|/p|/div|/li|/tr|/h[1-6])\b[^>]*>", re.IGNORECASE)
_MEASURE = re.compile(r"(?P<number>[^a-zA-Z\"'″′]+?)\s*(?P<unit>[a-zA-Zμµ.]+|\"|''|″|'|′)?")

# Grams: the avoirdupois pound is 453.59237 g (international yard and pound agreement, 1959), an ounce is a sixteenth.
_GRAMS = {"mg": "0.001", "g": "1", "kg": "1000", "t": "1000000", "oz": "28.349523125", "lb": "453.59237"}
# Centimetres: the inch is 2.54 cm by the same agreement.
_CENTIMETRES = {"mm": "0.1", "cm": "1", "dm": "10", "m": "100", "in": "2.54", "ft": "30.48", "yd": "91.44"}
_LITRES = {"ml": "0.001", "cl": "0.01", "dl": "0.1", "l": "1"}
_SCALES = [{unit: Decimal(size) for unit, size in scale.items()} for scale in (_GRAMS, _CENTIMETRES, _LITRES)]
_LENGTH_NAMES = {
    **dict.fromkeys(['"', "''", "″", "in", "inch", "inches", "zoll", "pouce", "pouces", "pulgadas"], "in"),
    **dict.fromkeys(["'", "′", "ft", "foot", "feet"], "ft"),
    **dict.fromkeys(["mm", "millimeter", "millimetre", "mmt"], "mm"),
    **dict.fromkeys(["cm", "centimeter", "centimetre", "zentimeter", "cmt"], "cm"),
    **dict.fromkeys(["m", "meter", "metre", "mtr"], "m"),
}


def unit_name(raw: str) -> str | None:
    """The short name of a unit of weight, length or volume, or ``None``."""
    name = raw.strip().rstrip(".").lower()
    known = weight_unit(name) or _LENGTH_NAMES.get(name)
    return known or next((name for scale in _SCALES if name in scale), None)


def measure(raw: str, *, decimal_comma: bool | None = None) -> tuple[str | None, str | None]:
    """``"5,4 kg"`` → (``"5.4"``, ``"kg"``); no unit written is ``None``. ``ValueError`` on anything else."""
    if raw[-1:].isdigit():
        return decimal_text(raw, decimal_comma=decimal_comma), None
    parts = _MEASURE.fullmatch(plain_text(raw))
    if parts is None or parts["unit"] is None:
        return decimal_text(raw, decimal_comma=decimal_comma), None
    unit = unit_name(parts["unit"])
    if unit is None:
        raise ValueError(f"{raw!r} has the unknown unit {parts['unit']!r}")
    return decimal_text(parts["number"], decimal_comma=decimal_comma), unit


def convert_unit(number: str, *, unit: str, to: str) -> str:
    """Exact where it can be, else rounded to six places. ``ValueError`` for units of different things."""
    for scale in _SCALES:
        if unit in scale and to in scale:
            with localcontext(_EXACT):
                size = (Decimal(number) * scale[unit] / scale[to]).quantize(Decimal("0.000001"), ROUND_HALF_UP)
            return decimal_text(f"{size:f}") or "0"
    raise ValueError(f"{unit} cannot be converted to {to}")


def priced(number: str, rule: PriceRule) -> str:
    """Apply a price rule. ``ending`` moves to the nearest (or next, or last) amount that ends so; never below zero.

    ``"0.99"`` repeats every 1, ``"9.95"`` every 10, ``"49"`` every 100.
    """
    with localcontext(_EXACT):
        amount = Decimal(number) * rule.factor + rule.add
        if rule.ending is None:
            result = amount.quantize(Decimal(1).scaleb(-rule.places), _ROUNDING[rule.round])
        else:
            whole = int(rule.ending)
            every = Decimal(10) ** (len(str(whole)) if whole else 0)
            steps = ((amount - rule.ending) / every).to_integral_value(_ROUNDING[rule.round])
            result = max(steps, Decimal(0)) * every + rule.ending
        return decimal_text(f"{result:f}") or "0"


def compile_steps(rule: Rule, *, decimal_comma: bool | None) -> Step | None:
    """The rule's steps in their documented order as one function, or ``None`` where there are none."""
    comma = decimal_comma if rule.decimal_comma is None else rule.decimal_comma
    steps: list[Step] = []
    if rule.separator is not None and rule.part is not None:
        steps.append(_split(rule.separator, rule.part))
    if rule.pattern is not None:
        steps.append(_regex(rule.pattern, rule.replace))
    if rule.lookup is not None:
        steps.append(_lookup(rule.lookup, rule.otherwise))
    if rule.convert_to is not None:
        steps.append(_unit(rule.unit, rule.convert_to, comma=comma))
    if rule.number:
        steps.append(lambda text: decimal_text(text, decimal_comma=comma) or "")
    if rule.price is not None:
        steps.append(_price(rule.price, comma=comma))
    if rule.html is not None:
        steps.append(safe_html if rule.html == "clean" else strip_html)
    if rule.default is not None:
        default = rule.default
        steps.append(lambda text: text if text.strip() else default)
    return _chain(steps) if steps else None


def strip_html(raw: str) -> str:
    """Text without its tags; breaks and ends of paragraphs become line ends."""
    return plain_text(_TAGS.sub("", _BREAKS.sub("\n", safe_html(raw))))


def _chain(steps: list[Step]) -> Step:
    if len(steps) == 1:
        return steps[0]

    def run(text: str) -> str:
        for step in steps:
            text = step(text)
        return text

    return run


def _split(separator: str, part: int) -> Step:
    place = part - 1 if part > 0 else part

    def run(text: str) -> str:
        parts = text.split(separator)
        return parts[place].strip() if -len(parts) <= place < len(parts) else ""

    return run


def _regex(pattern: str, replace: str | None) -> Step:
    expression = re.compile(pattern)
    if replace is not None:
        return lambda text: expression.sub(replace, text)

    def run(text: str) -> str:
        found = expression.search(text)
        if found is None:
            return ""
        return (found[1] or "") if expression.groups else found[0]

    return run


def _lookup(table: dict[str, str], otherwise: str | None) -> Step:
    folded = {name.strip().casefold(): value for name, value in table.items()}
    if otherwise is None:
        return lambda text: folded.get(text.strip().casefold(), text)
    return lambda text: folded.get(text.strip().casefold(), otherwise)


def _unit(unit: str | None, to: str, *, comma: bool | None) -> Step:
    target = unit_name(to) or to

    def run(text: str) -> str:
        number, written = measure(text, decimal_comma=comma)
        source = written or (unit_name(unit) if unit else None)
        if number is None:
            return ""
        if source is None:
            raise ValueError(f"{text!r} has no unit: say `unit`")
        return convert_unit(number, unit=source, to=target)

    return run


def _price(rule: PriceRule, *, comma: bool | None) -> Step:
    def run(text: str) -> str:
        number = decimal_text(text, decimal_comma=comma)
        return "" if number is None else priced(number, rule)

    return run
