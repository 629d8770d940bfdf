"""What a table feed can be told: how to read the file and what its columns mean. A profile in TOML says the same."""

from __future__ import annotations

import re
import tomllib
from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, Field, field_validator, model_validator

from mercat.connectors.table.fields import NEVER_DEFAULTED, metafield_type, why_not_a_target
from mercat.sdk.connector import FeedSettings
from mercat.sdk.feeds import ReadOptions


def _target(name: str) -> str:
    problem = why_not_a_target(name)
    if problem is not None:
        raise ValueError(problem)
    return name


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"{text!r} is not a regular expression: {error}") from None
    return text


def _type(name: str) -> str:
    full = metafield_type(name)
    if full is None:
        raise ValueError(f"{name!r} is not one of Shopify's metafield types")
    return full


Target = Annotated[str, AfterValidator(_target)]
# strict, because 1.25 in TOML is a float and money never passes through one: write "1.25".
Amount = Annotated[Decimal, Field(strict=False)]


class _Part(BaseModel, extra="forbid", frozen=True, populate_by_name=True):
    pass


class PriceRule(_Part, frozen=True):
    """cost × ``factor`` + ``add``, then to ``ending`` (``"0.99"``, ``"9.95"``) or ``places``. Amounts are strings."""

    factor: Amount = Decimal(1)
    add: Amount = Decimal(0)
    ending: Amount | None = Field(default=None, ge=0)
    places: int = Field(default=2, ge=0, le=6)
    round: Literal["nearest", "up", "down"] = "nearest"

    @field_validator("factor", "add", "ending", mode="before")
    @classmethod
    def _exact(cls, value: object) -> object:
        if isinstance(value, float):
            raise ValueError(  # noqa: TRY004  # pydantic reports ValueErrors; a TypeError would pass through
                f'write the amount as text ("{value}"): a binary fraction is not exact'
            )
        return value


class Rule(_Part, frozen=True):
    """What happens to a value, in this order: from, split, regex, lookup, unit, number, price, HTML."""

    to: Target | None = None
    type: Annotated[str, AfterValidator(_type)] | None = None
    source: str | list[str] | None = Field(default=None, alias="from")
    constant: str | None = None
    default: str | None = None
    separator: str | None = Field(default=None, min_length=1)
    part: int | None = None
    pattern: Annotated[str, AfterValidator(_pattern)] | None = None
    replace: str | None = None
    lookup: dict[str, str] | None = None
    otherwise: str | None = None
    number: bool = False
    decimal_comma: bool | None = None
    unit: str | None = None
    convert_to: str | None = None
    price: PriceRule | None = None
    html: Literal["clean", "strip"] | None = None

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.replace is not None and self.pattern is None:
            raise ValueError("`replace` needs a `pattern`")
        if self.part is not None and (self.separator is None or self.part == 0):
            raise ValueError("`part` needs a `separator`, and counts from 1 (or from -1 at the end)")
        if self.constant is not None and self.source is not None:
            raise ValueError("`constant` and `from` exclude each other")
        return self

    def refuse_made_up(self, target: str) -> None:
        """Raises ``ValueError`` where a default would invent a price or a stock."""
        if target in NEVER_DEFAULTED and (self.constant is not None or self.default is not None):
            raise ValueError(f"{target} is never filled with a constant or default: leave it to the file")


class ReadRules(_Part, frozen=True):
    """How to read the file, where detection is not to be trusted; the same names as ``ReadOptions``."""

    format: Literal["csv", "xlsx", "xls", "ods", "json", "jsonl", "xml"] | None = None
    encoding: str | None = None
    delimiter: str | None = Field(default=None, min_length=1)
    quote: str | None = None
    header: bool | None = None
    sheet: str | None = None
    record_path: str | None = None
    members: str | None = None
    skip_rows: int = Field(default=0, ge=0)

    def options(self) -> ReadOptions:
        """As the reader wants them, with its own limits."""
        return ReadOptions(**self.model_dump())


ColumnRules = Target | Rule | list[Target | Rule]


class TableSettings(FeedSettings, frozen=True):
    """A profile's content. Give the parts, or the TOML text as ``profile`` (parts given beside it win)."""

    connector: Literal["table"] = "table"
    read: ReadRules = ReadRules()
    key: str | list[str] | None = None
    group: str | None = None
    decimal_comma: bool | None = None
    list_separator: str | None = Field(default=None, min_length=1)
    unplaced: Literal["ignore", "metafields"] = "ignore"
    missing_columns: Literal["refuse", "ignore"] = "refuse"
    columns: dict[str, ColumnRules] = Field(default_factory=dict)
    fields: dict[str, Rule] = Field(default_factory=dict)
    profile: str | None = Field(default=None, exclude=True)

    @model_validator(mode="before")
    @classmethod
    def _from_profile(cls, data: Any) -> Any:
        if not isinstance(data, dict) or not data.get("profile"):
            return data
        if not isinstance(data["profile"], str):
            raise ValueError("`profile` is a profile's text in TOML: give its parts by their own names")  # noqa: TRY004  # pydantic reports ValueErrors
        try:
            given = tomllib.loads(data["profile"])
        except tomllib.TOMLDecodeError as error:
            raise ValueError(f"the profile is not TOML: {error}") from None
        if "profile" in given:
            raise ValueError("`profile`: a profile cannot hold another")
        return {**given, **{name: value for name, value in data.items() if value is not None}}

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        for column, rules in self.columns.items():
            for rule in rules if isinstance(rules, list) else [rules]:
                if isinstance(rule, Rule):
                    _check_column_rule(column, rule)
        for target, rule in self.fields.items():
            _check_field_rule(target, rule)
        return self

    @property
    def is_mapped(self) -> bool:
        """Whether anybody said what the columns mean; otherwise the file is inspected and the proposal is used."""
        return bool(self.columns or self.fields)


def _check_column_rule(column: str, rule: Rule) -> None:
    if rule.to is None:
        raise ValueError(f"columns.{column!r}: say `to`, the field this column goes to")
    if rule.source is not None or rule.constant is not None:
        raise ValueError(f"columns.{column!r}: `from` and `constant` belong under [fields]")
    try:
        rule.refuse_made_up(rule.to)
    except ValueError as error:
        raise ValueError(f"columns.{column!r}: {error}") from None


def _check_field_rule(target: str, rule: Rule) -> None:
    problem = why_not_a_target(target)
    if problem is None and rule.to is not None:
        problem = "`to` belongs under [columns]: here the key is the field"
    if problem is None and rule.source is None and rule.constant is None:
        problem = "say `from` (a column or several) or `constant`"
    if problem is not None:
        raise ValueError(f"fields.{target!r}: {problem}")
    try:
        rule.refuse_made_up(target)
    except ValueError as error:
        raise ValueError(f"fields.{target!r}: {error}") from None
