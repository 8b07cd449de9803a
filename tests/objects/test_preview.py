"""Previews tell what is in an object, whatever its name promises."""

import io
import json
import pickle
import struct
import zipfile
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from backends.store_folder import FolderStore
from core.errors import NotFoundError
from core.objects import BinaryPreview, ColumnProfile, Preview, TablePreview, TextPreview
from objects import tables
from objects.preview import preview
from objects.tables import READ_BYTES, preview_table

TABLE = """borough,days,start,late,note
Brooklyn,10,2024-01-02,True,"first, with a comma"
Brooklyn,-3.5,2023-05-01,False,
Queens,,2024-02-01,True,x
"""


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    return FolderStore(tmp_path / "objects")


def shown(store: FolderStore, key: str, content: bytes | str, rows: int = 10) -> Preview:
    data = content.encode() if isinstance(content, str) else content
    stored = store.put("things", key, data)
    found = preview(store, "things", key, rows)
    assert found.object == stored
    return found


def test_a_table_shows_its_rows_as_written_and_profiles_every_column(store: FolderStore) -> None:
    found = shown(store, "a.csv", TABLE, rows=2)
    assert isinstance(found, TablePreview)
    assert found.rows == (
        ("Brooklyn", "10", "2024-01-02", "True", "first, with a comma"),
        ("Brooklyn", "-3.5", "2023-05-01", "False", ""),
    )
    assert (found.total_rows, found.profiled_rows) == (3, 3)
    assert found.columns == (
        ColumnProfile(name="borough", type="text", missing=0, distinct=2, top="Brooklyn (67%)"),
        ColumnProfile(
            name="days",
            type="number",
            missing=1,
            distinct=2,
            minimum="-3.5",
            maximum="10",
            histogram=(1, 0, 0, 0, 0, 0, 0, 1),
        ),
        ColumnProfile(
            name="start",
            type="date",
            missing=0,
            distinct=3,
            minimum="2023-05-01",
            maximum="2024-02-01",
        ),
        ColumnProfile(name="late", type="boolean", missing=0, distinct=2, top="True (67%)"),
        ColumnProfile(
            name="note", type="text", missing=1, distinct=2, top="first, with a comma (50%)"
        ),
    )


@pytest.mark.parametrize(
    ("key", "content"),
    [
        ("a.tsv", b"name\tdays\nBronx\t1\n"),
        ("a.csv", b"name;days\r\nBronx;1\r\n"),
        ("a.csv", "\ufeffname,days\nBronx,1\n".encode()),
        ("a.jsonl", b'{"name": "Bronx", "days": 1}\n'),
        ("A.CSV", b"name,days\nBronx,1"),
    ],
)
def test_the_same_table_reads_the_same_however_it_is_written(
    store: FolderStore, key: str, content: bytes
) -> None:
    found = shown(store, key, content)
    assert isinstance(found, TablePreview)
    assert [column.name for column in found.columns] == ["name", "days"]
    assert (found.rows, found.total_rows) == ((("Bronx", "1"),), 1)


def test_a_parquet_table_is_read_no_further_than_needed(store: FolderStore) -> None:
    buffer = io.BytesIO()
    rows = tables.READ_ROWS + 5
    pd.DataFrame({"n": range(rows), "items": [["a", "b"]] * rows}).to_parquet(buffer)
    found = shown(store, "a.parquet", buffer.getvalue(), rows=1)
    assert isinstance(found, TablePreview)
    assert (found.total_rows, found.profiled_rows) == (rows, tables.READ_ROWS)
    assert found.rows == (("0", "['a' 'b']"),)


def test_a_large_table_says_how_much_of_it_was_profiled(store: FolderStore) -> None:
    line = "x" * 97 + ",1\n"
    lines = tables.READ_BYTES // 100 + 1000
    found = shown(store, "a.csv", "text,n\n" + line * lines)
    assert isinstance(found, TablePreview)
    assert found.total_rows == lines
    assert lines - 1010 < found.profiled_rows < lines - 900


def test_old_encodings_are_read(store: FolderStore) -> None:
    found = shown(store, "a.csv", "name\nMünster\n".encode("cp1252"))
    assert isinstance(found, TablePreview)
    assert found.rows == (("Münster",),)


@pytest.mark.parametrize(
    ("key", "content"),
    [
        ("a.csv", '"not closed,1\n2,3\n4'),
        ("a.csv", "a,b\n1,2,3\n1,2\n4,5,6,7\n"),
        ("a.csv", ""),
        ("a.csv", "<html><body>Sign in</body></html>"),
        ("a.jsonl", "{broken"),
        ("a.jsonl", "1\n2\n"),
    ],
)
def test_what_is_only_named_a_table_is_shown_as_text(
    store: FolderStore, key: str, content: str
) -> None:
    found = shown(store, key, content)
    assert isinstance(found, TextPreview)
    assert found.text == content


def test_binary_content_named_a_table_is_described(store: FolderStore) -> None:
    for key in ("a.csv", "a.parquet", "a.jsonl"):
        found = shown(store, key, b"PAR1\0\0\0nothing")
        assert isinstance(found, BinaryPreview)
        assert found.description.startswith("Parquet table, 14 bytes; not a table")


def test_texts_know_their_language_and_are_bounded(store: FolderStore) -> None:
    found = shown(store, "a.json", '{"b":[1,2],"a":"ü"}')
    assert isinstance(found, TextPreview)
    assert (json.loads(found.text), found.language) == ({"b": [1, 2], "a": "ü"}, "json")
    assert "\n" in found.text
    assert _language(shown(store, "broken.json", "{nothing")) == "text"
    assert _language(shown(store, "a.yaml", "a: 1")) == "yaml"
    assert _language(shown(store, "a.md", "# A")) == "markdown"
    long = shown(store, "a.txt", "line\n" * 100_000)
    assert isinstance(long, TextPreview)
    assert (len(long.text), long.truncated) == (20_000, True)


def test_a_page_is_shown_as_what_it_says(store: FolderStore) -> None:
    page = (
        "<html><head><title>T</title><style>p{}</style></head><body><h1>Report</h1>"
        "<p>All &amp; <b>well</b></p><script>alert(1)</script><table><tr><td>a</td><td>b</td></tr>"
    )
    found = shown(store, "a.html", page)
    assert isinstance(found, TextPreview)
    assert found.text == "Report\nAll & well\na b"


def test_a_picture_tells_its_size_and_where_it_is(store: FolderStore) -> None:
    header = b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR" + struct.pack(">II", 900, 600) + b"\x08\x02"
    found = shown(store, "plots/a.png", header)
    assert isinstance(found, BinaryPreview)
    assert found.description == "PNG picture, 900 x 600 pixels"
    assert Path(found.path).read_bytes() == header


def test_a_model_is_listed_without_being_loaded(store: FolderStore) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        schema = {"__class__": "SVC", "__module__": "sklearn.svm", "_skops_version": "0.13"}
        archive.writestr("schema.json", json.dumps(schema))
        archive.writestr("1.npy", b"123")
    found = shown(store, "m.skops", buffer.getvalue())
    assert isinstance(found, TextPreview)
    assert found.text.splitlines() == [
        "skops model: sklearn.svm.SVC, saved with skops 0.13; listed, not loaded.",
        f"schema.json  {len(json.dumps(schema))} bytes",
        "1.npy  3 bytes",
    ]
    fake = shown(store, "fake.skops", b"\0\1\2")
    assert isinstance(fake, BinaryPreview)
    assert fake.description == "Binary content, 3 bytes; not a skops model, though named so."


class _Trap:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return exec, ("raise SystemExit('loaded')",)


@pytest.mark.parametrize("key", ["m.pkl", "m.joblib", "m.bin"])
def test_a_pickle_is_never_loaded(store: FolderStore, key: str) -> None:
    content = pickle.dumps(_Trap())
    found = shown(store, key, content)
    assert isinstance(found, BinaryPreview)
    assert found.description.startswith(f"Python pickle, {len(content)} bytes")


def test_a_missing_object_gets_the_closest_names(store: FolderStore) -> None:
    store.put("things", "table.csv", b"a\n1\n")
    with pytest.raises(NotFoundError) as missing:
        preview(store, "things", "tabel.csv", 10)
    assert "things/table.csv" in missing.value.hint


def _language(found: Preview) -> str:
    assert isinstance(found, TextPreview)
    return found.language


def test_an_excel_workbook_shows_its_first_sheet(store: FolderStore) -> None:
    book = openpyxl.Workbook()
    for row in (("name", "days"), ("Bronx", 3), ("Queens", None)):
        book.active.append(row)
    content = io.BytesIO()
    book.save(content)
    found = shown(store, "a.xlsx", content.getvalue())

    assert isinstance(found, TablePreview)
    assert [(c.name, c.type, c.missing) for c in found.columns] == [
        ("name", "text", 0),
        ("days", "number", 1),
    ]
    assert (found.rows, found.total_rows) == ((("Bronx", "3"), ("Queens", "")), 2)


def test_a_number_column_has_a_small_histogram(store: FolderStore) -> None:
    found = shown(store, "a.csv", "n,same\n" + "".join(f"{n},1\n" for n in (0, 0, 0, 7, 8)))

    assert isinstance(found, TablePreview)
    assert [column.histogram for column in found.columns] == [(3, 0, 0, 0, 0, 0, 0, 2), ()]


def test_a_large_table_at_a_server_is_reckoned_not_read(store: FolderStore) -> None:
    line = "x" * 99 + "\n"
    content = ("a" * 99 + "\n" + line * (READ_BYTES // 50)).encode()
    stored = store.put("things", "a.csv", content)
    found = preview_table(stored, io.BytesIO(content), ".csv", 3)

    assert found.estimated
    assert abs(found.total_rows / (READ_BYTES // 50) - 1) < 0.01
    assert not preview_table(stored, store.open("things", "a.csv"), ".csv", 3).estimated
