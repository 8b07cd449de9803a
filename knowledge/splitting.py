"""Pages in Markdown, cut at their headings into passages that can be cited."""

import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from core.errors import RequestError, UnavailableError
from core.passages import Passage

MAXIMUM_WORDS = 180
"""A longer section is cut at paragraph borders."""

_FRONT_MATTER = re.compile(r"\A---\r?\n(.*?)\r?\n---\r?\n", re.S)
_TITLE = re.compile(r"^# (.+)$", re.M)
_HEADING = re.compile(r"(#{1,4})\s+(.*?)\s*#*\s*$")
_FENCE = re.compile(r"^\s*(```|~~~)")
# The same safe loader in C, ten times as fast, where it is installed.
_Loader: type[yaml.SafeLoader | yaml.CSafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+")


class FrontMatter(BaseModel):
    """What a page says about itself above its text."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    title: str = ""
    updated: date | None = None
    terms: tuple[str, ...] = ()
    """Other words that people use for the subject."""
    sources: tuple[str, ...] = ()
    """What the page rests on, by name."""
    asked: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)
    """How people ask for what stands under a heading."""

    @field_validator("asked", mode="before")
    @classmethod
    def _by_heading(cls, value: object) -> object:
        # The front matter of other people's pages may use the word for something else.
        lists = value.items() if isinstance(value, dict) else ()
        return {str(key): list(map(str, one)) for key, one in lists if isinstance(one, list)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A document of any format, parted at its headings."""

    path: str
    """Relative to its source, with forward slashes."""
    title: str
    sections: tuple[tuple[str, str], ...]
    """Heading and text of each, in reading order."""
    keywords: str = ""
    asked: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """How people ask for what stands under a heading."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkdownPage:
    """A page as it was read."""

    path: str
    """Relative to its source, with forward slashes."""
    front: FrontMatter
    body: str
    title: str


def read_page(file: Path, root: Path) -> MarkdownPage:
    """Read a page of a source.

    Raises:
        UnavailableError: The file cannot be read.
        RequestError: It is not UTF-8 text, or its front matter is not what a page needs.
    """
    path = file.relative_to(root).as_posix()
    try:
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise RequestError(f"The page {path!r} is not UTF-8 text.") from error
    except OSError as error:
        raise UnavailableError(f"The page {path!r} cannot be read: {error.strerror}.") from error
    return parse_page(text, path)


def parse_page(text: str, path: str) -> MarkdownPage:
    """Part a page's front matter from its body and find its title.

    Raises:
        RequestError: The front matter is not YAML or has values of a wrong type.
    """
    match = _FRONT_MATTER.match(text)
    body = text[match.end() :] if match else text
    try:
        front = FrontMatter.model_validate(yaml.load(match[1], _Loader) or {} if match else {})
    except (yaml.YAMLError, ValidationError) as error:
        raise RequestError(
            f"The front matter of {path!r} cannot be used.",
            hint="It needs a title, and lists of terms and sources.",
        ) from error
    heading = _TITLE.search(body)
    title = front.title or (heading[1].strip() if heading else Path(path).stem)
    return MarkdownPage(path=path, front=front, body=body, title=title)


def document_of(page: MarkdownPage) -> Document:
    """Part a page at its headings."""
    return Document(
        path=page.path,
        title=page.title,
        sections=tuple(_sections(page.body)),
        keywords=", ".join(page.front.terms),
        asked=page.front.asked,
    )


def split(page: MarkdownPage, source: str) -> tuple[Passage, ...]:
    """Cut a page into passages, in reading order."""
    return cut(document_of(page), source)


def cut(document: Document, source: str) -> tuple[Passage, ...]:
    """Cut a document into passages, in reading order."""
    seen: Counter[str] = Counter()
    passages: list[Passage] = []
    for heading, section in document.sections:
        for text in _pieces(section):
            key = "\x00".join((source, document.path, document.title, heading, text))
            # The ordinal counts equal texts only, so that a paragraph put in before does not
            # change the ids behind it.
            ordinal = seen[key]
            seen[key] += 1
            digest = hashlib.sha256(f"{key}\x00{ordinal}".encode()).hexdigest()
            passages.append(
                Passage(
                    id=digest[:16],
                    source=source,
                    page=document.title,
                    heading=heading,
                    text=text,
                    path=document.path,
                    keywords=document.keywords,
                    asked="\n".join(document.asked.get(heading, ())),
                    position=len(passages),
                )
            )
    return tuple(passages)


def _sections(body: str) -> Iterator[tuple[str, str]]:
    heading, lines, fenced, titled = "", list[str](), False, False
    for line in body.splitlines():
        if _FENCE.match(line):
            fenced = not fenced
        found = None if fenced else _HEADING.match(line)
        if found is None:
            lines.append(line)
        elif len(found[1]) == 1 and not titled:
            # The first of the highest rank is the page's title.
            titled = True
        else:
            yield heading, "\n".join(lines)
            heading, lines = found[2], []
    yield heading, "\n".join(lines)


def _pieces(section: str) -> Iterator[str]:
    piece: list[str] = []
    words = 0
    for paragraph in _paragraphs(section):
        length = len(paragraph.split())
        if piece and words + length > MAXIMUM_WORDS:
            yield "\n\n".join(piece)
            piece, words = [], 0
        piece.append(paragraph)
        words += length
    if piece:
        yield "\n\n".join(piece)


def _paragraphs(section: str) -> Iterator[str]:
    lines: list[str] = []
    fenced = False
    for line in [*section.splitlines(), ""]:
        if _FENCE.match(line):
            fenced = not fenced
        if line.strip() or fenced:
            lines.append(line.rstrip())
        elif lines:
            yield from _bounded("\n".join(lines))
            lines = []
    if lines:
        yield from _bounded("\n".join(lines))


def _bounded(paragraph: str) -> Iterator[str]:
    if len(paragraph.split()) <= MAXIMUM_WORDS or _FENCE.match(paragraph):
        yield paragraph
        return
    sentences: list[str] = []
    words = 0
    for sentence in _SENTENCE_END.split(paragraph):
        length = len(sentence.split())
        if sentences and words + length > MAXIMUM_WORDS:
            yield " ".join(sentences)
            sentences, words = [], 0
        sentences.append(sentence)
        words += length
    yield " ".join(sentences)
