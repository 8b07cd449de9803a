"""Tables in stored objects: read as far as needed, profiled column by column."""

import io
import itertools
import json
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, BinaryIO

from core.objects import ColumnProfile, StoredObject, TablePreview

if TYPE_CHECKING:
    import pandas as pd

READ_BYTES = 4 << 20
"""How much of a text table is read; what is beyond is only counted."""
READ_ROWS = 20_000
UNFOLDED_BYTES = 512 << 20
"""How large the parts of a workbook may be together."""
"""How much of a binary table is read."""
SHOWN_ROWS = 200
CELL_CHARACTERS = 200
BINS = 8
"""How many bars a number column's histogram has."""

_SEPARATORS = ",;\t|"
_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}([T ].*)?")


class NotATableError(ValueError):
    """The content is not the table that its name promises."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    frame: "pd.DataFrame"
    """Every cell as text, nothing where there is none."""
    total_rows: int | None
    """None where only the beginning was read."""
    head_bytes: int = 0
    """How many bytes the rows take up, where only the beginning was read."""


def preview_table(found: StoredObject, content: BinaryIO, ending: str, rows: int) -> TablePreview:
    """Show the first rows of a table and profile what was read of it.

    Raises:
        NotATableError: The content cannot be read as the table that its ending promises.
    """
    read = READERS[ending](content)
    if read.total_rows is None:
        read = replace(read, total_rows=_reckoned(found, read))
    shown = read.frame.head(min(rows, SHOWN_ROWS)).fillna("")
    return TablePreview(
        object=found,
        columns=tuple(_profile(str(name), read.frame[name]) for name in read.frame),
        rows=tuple(
            tuple(_short(cell) for cell in row) for row in shown.itertuples(index=False, name=None)
        ),
        total_rows=read.total_rows or 0,
        profiled_rows=len(read.frame),
        estimated=read.head_bytes > 0,
    )


def _reckoned(found: StoredObject, read: _Read) -> int:
    """Return about how many rows a table has, by the length of those that were read."""
    return round(found.bytes * len(read.frame) / max(1, read.head_bytes))


def decoded(data: bytes) -> str:
    """Decode text as UTF-8 or, where it is not, as the encoding of old spreadsheets."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def whole_lines(content: BinaryIO) -> tuple[bytes, int | None]:
    """Read whole lines up to the bound, and count the lines that follow.

    Only a file of this machine is read to its end; None stands for a number that is not known.
    """
    head = content.read(READ_BYTES)
    if len(head) == READ_BYTES and not _is_local(content):
        return head[: head.rfind(b"\n") + 1 or len(head)], None
    following = 0
    last = b"\n"
    while block := content.read(1 << 20):
        following += block.count(b"\n")
        last = block[-1:]
    if len(head) < READ_BYTES:
        return head, 0
    end = head.rfind(b"\n") + 1 or len(head)
    unfinished = 0 if last == b"\n" else 1
    return head[:end], following + unfinished


def _read_separated(content: BinaryIO) -> _Read:
    import pandas as pd

    head, following = whole_lines(content)
    text = decoded(head)
    if "\0" in text or text.lstrip()[:1] == "<":
        raise NotATableError("It has other content than a table of text.")
    first = text.lstrip("\n").partition("\n")[0]
    separator = max(_SEPARATORS, key=first.count)
    try:
        frame = pd.read_csv(io.StringIO(text), sep=separator, dtype=str, skipinitialspace=True)
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise NotATableError(f"It cannot be read as a table: {str(error).strip()}.") from error
    return _counted(frame, head, following)


def _counted(frame: "pd.DataFrame", head: bytes, following: int | None) -> _Read:
    if following is None:
        return _Read(frame=frame, total_rows=None, head_bytes=len(head))
    return _Read(frame=frame, total_rows=len(frame) + following)


def _is_local(content: BinaryIO) -> bool:
    """Return whether content is a file of this machine: a stream from a server has no number."""
    try:
        return content.fileno() >= 0
    except (AttributeError, OSError):
        return False


def _read_workbook(content: BinaryIO) -> _Read:
    import openpyxl
    import pandas as pd

    _check_unfolding(content)
    try:
        book = openpyxl.load_workbook(content, read_only=True, data_only=True)
    except (zipfile.BadZipFile, KeyError, ValueError) as error:
        raise NotATableError(f"It is not a readable Excel workbook: {error}.") from error
    sheet = book.worksheets[0]
    rows = list(itertools.islice(sheet.iter_rows(values_only=True), READ_ROWS + 1))
    if not rows:
        raise NotATableError("Its first sheet is empty.")
    names = [str(name) if name is not None else f"column {n}" for n, name in enumerate(rows[0], 1)]
    cells = [[None if cell is None else str(cell) for cell in row] for row in rows[1:]]
    frame = pd.DataFrame(cells, columns=names, dtype=object)
    total = max(len(frame), (sheet.max_row or 1) - 1)
    book.close()
    return _Read(frame=frame, total_rows=total)


def _check_unfolding(content: BinaryIO) -> None:
    """Refuse an archive that would unfold to more than is worth reading."""
    try:
        unfolded = sum(file.file_size for file in zipfile.ZipFile(content).infolist())
    except zipfile.BadZipFile as error:
        raise NotATableError(f"It is not a readable Excel workbook: {error}.") from error
    if unfolded > UNFOLDED_BYTES:
        raise NotATableError("It unfolds to more than this preview reads.")
    content.seek(0)


def _read_parquet(content: BinaryIO) -> _Read:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(content)
        batch = next(file.iter_batches(batch_size=READ_ROWS), None)
    except (pa.ArrowException, OSError) as error:
        raise NotATableError(f"It is not a readable Parquet file: {error}.") from error
    table = file.schema_arrow.empty_table() if batch is None else pa.Table.from_batches([batch])
    return _Read(frame=_as_text(table.to_pandas()), total_rows=file.metadata.num_rows)


def _read_json_lines(content: BinaryIO) -> _Read:
    import pandas as pd

    head, following = whole_lines(content)
    try:
        records = [json.loads(line) for line in decoded(head).splitlines() if line.strip()]
    except json.JSONDecodeError as error:
        raise NotATableError(f"A line of it is not JSON: {error}.") from error
    if not records or not all(isinstance(record, dict) for record in records):
        raise NotATableError("Its lines are not objects of names and values.")
    return _counted(_as_text(pd.DataFrame(records)), head, following)


READERS: dict[str, Callable[[BinaryIO], _Read]] = {
    ".csv": _read_separated,
    ".tsv": _read_separated,
    ".parquet": _read_parquet,
    ".xlsx": _read_workbook,
    ".jsonl": _read_json_lines,
    ".ndjson": _read_json_lines,
}
"""How to read a table, by the ending of its key."""


def _as_text(frame: "pd.DataFrame") -> "pd.DataFrame":
    import pandas as pd

    texts = {
        str(name): [
            None if missing else str(cell)
            for cell, missing in zip(frame[name].tolist(), frame[name].isna(), strict=True)
        ]
        for name in frame
    }
    return pd.DataFrame(texts, dtype=object)


def _profile(name: str, column: "pd.Series[str]") -> ColumnProfile:
    present = column.dropna().astype(str)
    kind, minimum, maximum = _kind(present)
    top = ""
    if kind in {"text", "boolean"} and len(present):
        counts = present.value_counts()
        top = f"{_short(str(counts.index[0]))} ({counts.iloc[0] / len(present):.0%})"
    return ColumnProfile(
        name=name,
        type=kind,
        missing=len(column) - len(present),
        distinct=int(present.nunique()),
        minimum=minimum,
        maximum=maximum,
        top=top,
        histogram=_histogram(present) if kind == "number" else (),
    )


def _histogram(present: "pd.Series[str]") -> tuple[int, ...]:
    """Return how many values lie in each of `BINS` equal parts of a column's range."""
    import numpy as np
    import pandas as pd

    numbers = pd.to_numeric(present).to_numpy(dtype=float)
    numbers = numbers[np.isfinite(numbers)]
    if not len(numbers) or numbers.min() == numbers.max():
        return ()
    counts, _ = np.histogram(numbers, bins=BINS)
    return tuple(int(count) for count in counts)


def _kind(present: "pd.Series[str]") -> tuple[str, str, str]:
    """Return a column's type with its least and its greatest value."""
    import pandas as pd

    if not len(present):
        return "text", "", ""
    numbers = pd.to_numeric(present, errors="coerce")
    if numbers.notna().all():
        return "number", f"{numbers.min():.10g}", f"{numbers.max():.10g}"
    if set(present.str.casefold().unique()) <= {"true", "false"}:
        return "boolean", "", ""
    if present.str.fullmatch(_ISO_DATE).all():
        moments = pd.to_datetime(present, errors="coerce", format="ISO8601", utc=True)
        if moments.notna().all():
            return "date", present.iloc[moments.argmin()], present.iloc[moments.argmax()]
    return "text", "", ""


def _short(cell: object) -> str:
    text = str(cell)
    return text if len(text) <= CELL_CHARACTERS else f"{text[: CELL_CHARACTERS - 1]}…"
