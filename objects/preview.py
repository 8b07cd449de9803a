"""What is in an object, told without reading more of it than needed and without running it."""

import json
import zipfile
from html.parser import HTMLParser
from pathlib import PurePosixPath
from typing import BinaryIO

from pydantic import BaseModel, Field, ValidationError

from core.objects import BinaryPreview, ObjectStore, Preview, StoredObject, TextPreview
from objects.tables import READERS, NotATableError, decoded, preview_table

HEAD_BYTES = 256 << 10
TEXT_CHARACTERS = 20_000
LISTED_FILES = 50

_PNG = b"\x89PNG\r\n\x1a\n"
_LANGUAGES = {
    ".json": "json",
    ".yaml": "yaml",
    ".yml": "yaml",
    ".md": "markdown",
    ".markdown": "markdown",
}
_PICKLES = frozenset({".pkl", ".pickle", ".joblib"})
_SIGNATURES = (
    (b"%PDF", "PDF document"),
    (b"\xff\xd8\xff", "JPEG picture"),
    (b"GIF8", "GIF picture"),
    (b"\x1f\x8b", "gzip archive"),
    (b"PK\x03\x04", "zip archive"),
    (b"\x80\x04\x95", "Python pickle"),
    (b"\x80\x05\x95", "Python pickle"),
    (b"PAR1", "Parquet table"),
    (b"SQLite format 3\0", "SQLite database"),
)
_NEVER_LOADED = "Python pickle, {bytes:,} bytes; never loaded, because loading one runs its code"


def preview(store: ObjectStore, bucket: str, key: str, rows: int = 10) -> Preview:
    """Show what is in an object.

    Args:
        store: Where it is.
        bucket: Its bucket.
        key: Its key.
        rows: How many rows of a table to show.

    Raises:
        NotFoundError: There is no such object.
    """
    found = store.stat(bucket, key)
    ending = PurePosixPath(key).suffix.lower()
    with store.open(bucket, key) as content:
        if ending in READERS:
            try:
                return preview_table(found, content, ending, rows)
            except NotATableError as error:
                content.seek(0)
                return _as_it_looks(found, content, "", f"not a table, though named so. {error}")
        if ending in _PICKLES:
            return BinaryPreview(object=found, description=_NEVER_LOADED.format(bytes=found.bytes))
        if ending == ".skops":
            return _model(found, content)
        return _as_it_looks(found, content, ending)


def _as_it_looks(found: StoredObject, content: BinaryIO, ending: str, remark: str = "") -> Preview:
    """Tell by the first bytes what an object is.

    Args:
        found: The object.
        content: Its content, from the start.
        ending: The ending of its key, where that is to be believed.
        remark: What to say of content that is not text.
    """
    head = content.read(HEAD_BYTES)
    if head.startswith(_PNG) and len(head) >= 24:
        width, height = (int.from_bytes(head[at : at + 4], "big") for at in (16, 20))
        return BinaryPreview(
            object=found,
            description=f"PNG picture, {width} x {height} pixels",
            path=_place(content),
        )
    if _looks_binary(head):
        known = next((name for start, name in _SIGNATURES if head.startswith(start)), "")
        what = f"{known or 'Binary content'}, {found.bytes:,} bytes"
        return BinaryPreview(
            object=found,
            description=f"{what}; {remark}" if remark else what,
            path=_place(content),
        )
    return _text(found, head, ending)


def _text(found: StoredObject, head: bytes, ending: str) -> TextPreview:
    whole = len(head) == found.bytes
    text, language = decoded(head), _LANGUAGES.get(ending, "text")
    if ending in {".html", ".htm"}:
        text = html_as_text(text)
    if language == "json" and whole:
        try:
            text = json.dumps(json.loads(text), indent=2, ensure_ascii=False)
        except (json.JSONDecodeError, RecursionError):
            language = "text"
    return TextPreview(
        object=found,
        text=text[:TEXT_CHARACTERS],
        language=language,
        truncated=not whole or len(text) > TEXT_CHARACTERS,
    )


def _looks_binary(head: bytes) -> bool:
    if b"\0" in head:
        return True
    text = decoded(head)
    strange = sum(not (sign.isprintable() or sign in "\n\r\t\f\x1b") for sign in text)
    return strange > len(text) / 20


def _place(content: BinaryIO) -> str:
    """Return where the content is on this machine, if it is: a file knows its name."""
    name = getattr(content, "name", "")
    return name if isinstance(name, str) else ""


class _SkopsSchema(BaseModel):
    """The part of a skops file's description that says what it is."""

    class_name: str = Field(default="", alias="__class__")
    module: str = Field(default="", alias="__module__")
    version: str = Field(default="", alias="_skops_version")


def _model(found: StoredObject, content: BinaryIO) -> Preview:
    """List a model file; nothing of the model is loaded."""
    try:
        with zipfile.ZipFile(content) as archive:
            files = archive.infolist()
            schema = _schema(archive)
    except (zipfile.BadZipFile, KeyError, ValidationError):
        content.seek(0)
        return _as_it_looks(found, content, "", "not a skops model, though named so.")
    what = f"{schema.module}.{schema.class_name}".strip(".") or "unknown class"
    saved = f", saved with skops {schema.version}" if schema.version else ""
    lines = [
        f"skops model: {what}{saved}; listed, not loaded.",
        *(f"{file.filename}  {file.file_size:,} bytes" for file in files[:LISTED_FILES]),
    ]
    return TextPreview(object=found, text="\n".join(lines), truncated=len(files) > LISTED_FILES)


def _schema(archive: zipfile.ZipFile) -> _SkopsSchema:
    # A small archive may unfold to any size: what is too large for a description is not read.
    if archive.getinfo("schema.json").file_size > 64 * HEAD_BYTES:
        return _SkopsSchema()
    return _SkopsSchema.model_validate_json(archive.read("schema.json"))


class _Words(HTMLParser):
    """Collects what a page says, without what its browser does."""

    _SILENT = frozenset({"script", "style", "template", "svg", "head"})
    _BLOCKS = frozenset({"p", "div", "br", "li", "tr", "h1", "h2", "h3", "h4", "section", "table"})

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        self._silent += tag in self._SILENT
        if tag in self._BLOCKS:
            self.parts.append("\n")
        elif tag in {"td", "th"}:
            self.parts.append("  ")

    def handle_endtag(self, tag: str) -> None:
        if tag in self._SILENT and self._silent:
            self._silent -= 1

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.parts.append(data)


def html_as_text(page: str) -> str:
    """Return what a page says, line by line."""
    words = _Words()
    words.feed(page)
    lines = (" ".join(line.split()) for line in "".join(words.parts).splitlines())
    return "\n".join(line for line in lines if line)
