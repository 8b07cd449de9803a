"""Reads a table batch by batch, however long it is, and loses no row."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO

from core.errors import RequestError

if TYPE_CHECKING:
    import pyarrow as pa

BLOCK_BYTES = 8 << 20
BATCH_ROWS = 20_000
PARQUET_ENDINGS = (".parquet", ".pq")
TEXT_ENDINGS = (".csv", ".tsv", ".txt")
SEPARATORS = ",;\t|"


@dataclass(frozen=True, slots=True)
class Batch:
    """Some rows of a table."""

    rows: "pa.RecordBatch"
    numbers: list[int]
    """The number of each row in the table, from 1."""
    broken: list[tuple[int, str]]
    """Rows that are no rows: their numbers and what is wrong with them."""


def is_parquet(name: str) -> bool:
    """Return whether a name promises Parquet.

    Raises:
        RequestError: It promises neither Parquet nor separated text.
    """
    lowered = name.casefold()
    if lowered.endswith(PARQUET_ENDINGS):
        return True
    if lowered.endswith(TEXT_ENDINGS):
        return False
    raise RequestError(
        f"{name} is no table that can be scored.", hint="Tables are CSV or Parquet objects."
    )


def batches(content: BinaryIO, name: str, wanted: Collection[str]) -> Iterator[Batch]:
    """Yield the rows of a table.

    Args:
        content: The file, read once; for Parquet it must be seekable.
        name: Its name, which says what it is.
        wanted: The columns to read, where the table has them.

    Raises:
        RequestError: It is not the table that its name promises.
    """
    import pyarrow as pa

    try:
        yield from (_parquet if is_parquet(name) else _separated)(content, wanted)
    except (pa.ArrowException, OSError) as error:
        told = str(error).partition("\n")[0].rstrip(".")
        raise RequestError(
            f"{name} cannot be read as a table: {told}.",
            hint="Save it as CSV in UTF-8 with a header, or as Parquet.",
        ) from error


def _parquet(content: BinaryIO, wanted: Collection[str]) -> Iterator[Batch]:
    import pyarrow.parquet as pq

    first = 1
    # Reading ahead keeps what it has read until the end of the file.
    file = pq.ParquetFile(content, pre_buffer=False)
    kept = [name for name in file.schema_arrow.names if name in wanted]
    for rows in file.iter_batches(batch_size=BATCH_ROWS, columns=kept):
        yield Batch(rows, list(range(first, first + len(rows))), [])
        first += len(rows)


def _separated(content: BinaryIO, wanted: Collection[str]) -> Iterator[Batch]:
    import pyarrow as pa
    from pyarrow import csv

    head = content.readline()
    header = _text(head).rstrip("\r\n")
    if not header.strip():
        raise RequestError("The table is empty.", hint="It needs a header and rows.")
    separator = max(SEPARATORS, key=header.count)
    names = next(iter(_split(header, separator)), [])
    broken: list[tuple[int, str]] = []

    def note(row: Any) -> str:
        cells = f"{row.actual_columns} cells where {row.expected_columns} belong"
        broken.append((int(row.number or 0), cells))
        return "skip"

    reader = csv.open_csv(
        content,
        read_options=csv.ReadOptions(block_size=BLOCK_BYTES, column_names=names, use_threads=False),
        parse_options=csv.ParseOptions(
            delimiter=separator, invalid_row_handler=note, newlines_in_values=True
        ),
        convert_options=csv.ConvertOptions(
            column_types=dict.fromkeys(names, "string"),
            # With none of them, the first column still counts the rows.
            include_columns=[name for name in names if name in wanted] or names[:1],
            null_values=[""],
            strings_can_be_null=True,
        ),
    )
    first = 1
    for rows in reader:
        # The reader is a block ahead, so rows of later batches may be noted already.
        skipped = {number for number, _ in broken}
        numbers: list[int] = []
        while len(numbers) < len(rows):
            if first not in skipped:
                numbers.append(first)
            first += 1
        yield Batch(rows, numbers, sorted(row for row in broken if row[0] < first))
        broken[:] = [row for row in broken if row[0] >= first]
    if broken:
        yield Batch(pa.RecordBatch.from_pylist([], schema=reader.schema), [], sorted(broken))


def _text(head: bytes) -> str:
    try:
        text = head.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise RequestError(
            "It is no table in UTF-8: a binary file, or text in another encoding.",
            hint="Save it as CSV in UTF-8, or as Parquet.",
        )
    return text


def _split(header: str, separator: str) -> Iterator[list[str]]:
    import csv

    yield from csv.reader([header], delimiter=separator)
