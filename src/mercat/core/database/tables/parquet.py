"""Tables as Parquet, in its own types: amounts as decimals, instants in UTC. Needs pyarrow, which ``mercat[parquet]`` brings."""

from __future__ import annotations

import binascii
import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO

from mercat.core.database.rows import Shape, Values
from mercat.core.errors import Invalid

try:
    import pyarrow as pa
    from pyarrow import parquet as pq
except ImportError as missing:  # pragma: no cover  # where the optional dependency is not installed
    _WHY = "Parquet needs pyarrow: pip install 'mercat[parquet]', or take .csv or .jsonl"
    raise Invalid(_WHY) from missing

_AT_ONCE = 2_000
_ROWS_A_GROUP = 50_000
_TYPES: dict[str, Any] = {
    "amount": pa.decimal128(19, 4),
    "time": pa.timestamp("us", tz="UTC"),
    "day": pa.date32(),
    "boolean": pa.bool_(),
    "bytes": pa.binary(),
    "float": pa.float64(),
    "integer": pa.int64(),
}
_NATIVE: dict[str, Callable[[Any], Any]] = {
    "amount": Decimal,
    "time": lambda text: dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC),
    "day": dt.date.fromisoformat,
    "bytes": binascii.a2b_base64,
}


@contextmanager
def parquet_sink(out: BinaryIO, shape: Shape) -> Iterator[Callable[[Sequence[Values]], None]]:
    """Takes rows; some tens of thousands become a group of the file."""
    schema = pa.schema([(each.name, _TYPES.get(each.kind, pa.string())) for each in shape.columns])
    waiting: list[Values] = []
    with pq.ParquetWriter(out, schema, compression="zstd") as writer:

        def flush() -> None:
            columns = zip(*waiting, strict=True) if waiting else ([] for _ in shape.columns)
            arrays = [
                pa.array(_natives(values, each.kind), type=field.type)
                for values, each, field in zip(columns, shape.columns, schema, strict=True)
            ]
            writer.write_table(pa.table(arrays, schema=schema))
            waiting.clear()

        def put(rows: Sequence[Values]) -> None:
            waiting.extend(rows)
            if len(waiting) >= _ROWS_A_GROUP:
                flush()

        yield put
        if waiting:
            flush()


def _natives(values: Sequence[Any], kind: str) -> list[Any]:
    convert = _NATIVE.get(kind)
    return list(values) if convert is None else [None if each is None else convert(each) for each in values]


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    try:
        with pq.ParquetFile(path) as file:
            yield file
    except (pa.ArrowInvalid, pa.ArrowException) as wrong:
        message = f"{path.name} is no Parquet file that can be read: {wrong}"
        raise Invalid(message) from wrong


def parquet_header(path: Path) -> list[str]:
    """The columns of a file."""
    with _opened(path) as file:
        return list(file.schema_arrow.names)


def parquet_lines(path: Path, header: Sequence[str]) -> Iterator[list[tuple[int, Sequence[Any]]]]:
    """Rows, some at a time, in the order of the header; a line is the row's number."""
    number = 0
    with _opened(path) as file:
        for batch in file.iter_batches(_AT_ONCE, columns=list(header)):
            columns = [batch.column(name).to_pylist() for name in header]
            rows: list[tuple[int, Sequence[Any]]] = list(enumerate(zip(*columns, strict=True), number + 1))
            number += len(rows)
            yield rows
