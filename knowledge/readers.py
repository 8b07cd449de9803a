"""Documents of every format that can be taken in, each read into titles, headings and texts."""

import ast
import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from core.errors import RequestError, UnavailableError
from knowledge.splitting import Document, document_of, parse_page

MOST_BYTES = 20 * 2**20
"""A larger file is named and left out."""
MOST_CHARACTERS = 2_000_000
"""Text beyond it is a data set rather than a document."""

_BROWSER_ONLY = ("script", "style", "noscript", "template", "nav", "svg", "iframe")
_BLOCKS = ["h1", "h2", "h3", "h4", "p", "li", "pre", "blockquote", "td", "th", "dt", "dd"]
_SPACES = re.compile(r"[ \t\r\f\v]+")


def read_document(file: Path, path: str) -> Document:
    """Read a file as a document.

    Args:
        file: Where it is.
        path: What it is called within its source.

    Raises:
        RequestError: It cannot be taken in; the message is the reason, in a few words.
        UnavailableError: It cannot be read.
    """
    reader = READERS.get(file.suffix.casefold())
    if reader is None:
        raise RequestError(f"no kind of document: {file.suffix or 'without an ending'}")
    try:
        if file.stat().st_size > MOST_BYTES:
            raise RequestError(f"larger than {MOST_BYTES // 2**20} MiB")
        document = reader(file, path)
    except OSError as error:
        raise UnavailableError(f"cannot be read: {error.strerror}") from error
    if not any(text.strip() for _, text in document.sections):
        raise RequestError("has no text")
    return document


def _text_of(file: Path) -> str:
    content = file.read_bytes()
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding = "utf-16"
    elif b"\0" in content:
        raise RequestError("binary, not text")
    else:
        encoding = "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        raise RequestError("not UTF-8 text") from error
    if len(text) > MOST_CHARACTERS:
        raise RequestError(f"longer than {MOST_CHARACTERS:,} characters")
    return text


def _markdown(file: Path, path: str) -> Document:
    try:
        return document_of(parse_page(_text_of(file), path))
    except RequestError as error:
        if error.message.startswith("The front matter"):
            raise RequestError("its front matter cannot be used") from error
        raise


def _plain(file: Path, path: str) -> Document:
    return Document(path=path, title=file.stem, sections=(("", _text_of(file)),))


def _html(file: Path, path: str) -> Document:
    from bs4 import BeautifulSoup

    soup = BeautifulSoup(_text_of(file), "html.parser")
    for tag in soup(_BROWSER_ONLY):
        tag.decompose()
    title = soup.title.get_text(" ", strip=True) if soup.title else ""
    sections: list[tuple[str, list[str]]] = [("", [])]
    for block in soup.find_all(_BLOCKS):
        if block.find_parent(_BLOCKS):
            # Its text stands in the block around it.
            continue
        spoken = block.get_text("" if block.name == "pre" else " ", strip=block.name != "pre")
        text = spoken.strip() if block.name == "pre" else _SPACES.sub(" ", spoken)
        if block.name == "h1" and not title:
            title = text
        elif block.name in {"h1", "h2", "h3", "h4"}:
            sections.append((text, []))
        elif text:
            sections[-1][1].append(text)
    if not any(texts for _, texts in sections):
        sections = [("", [soup.get_text("\n", strip=True)])]
    return Document(
        path=path,
        title=title or file.stem,
        sections=tuple((heading, "\n\n".join(texts)) for heading, texts in sections),
    )


def _notebook(file: Path, path: str) -> Document:
    try:
        cells = json.loads(_text_of(file))["cells"]
        lines = [_cell(cell) for cell in cells]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise RequestError("broken: not a notebook") from error
    return document_of(parse_page("\n\n".join(filter(None, lines)), path))


def _cell(cell: Mapping[str, object]) -> str:
    source = cell["source"]
    text = "".join(source) if isinstance(source, list) else str(source)
    if cell["cell_type"] == "code" and text.strip():
        return f"```python\n{text}\n```"
    return text if cell["cell_type"] == "markdown" else ""


def _python(file: Path, path: str) -> Document:
    try:
        tree = ast.parse(_text_of(file))
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise RequestError("broken: not Python") from error
    sections = [("", ast.get_docstring(tree) or ""), *_documented(tree)]
    return Document(path=path, title=path, sections=tuple(sections))


def _documented(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for node in tree.body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, told(node)
        if isinstance(node, ast.ClassDef):
            for part in node.body:
                if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef):
                    yield f"{node.name}.{part.name}", told(part)


def told(node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    """Return the signature and the docstring of a definition; nothing where it has no docstring."""
    docstring = ast.get_docstring(node)
    if not docstring:
        return ""
    if isinstance(node, ast.ClassDef):
        first = next((d for d in node.body if getattr(d, "name", "") == "__init__"), None)
        arguments = first.args if isinstance(first, ast.FunctionDef) else None
    else:
        arguments = node.args
    signature = ast.unparse(arguments) if arguments is not None else ""
    for owner in ("self, ", "cls, "):
        signature = signature.removeprefix(owner)
    written = "" if signature in {"self", "cls"} else signature
    return f"`{node.name}({written})`\n\n{docstring}"


def _pdf(file: Path, path: str) -> Document:
    from knowledge.pdf import read_pdf

    return read_pdf(file, path)


READERS: Mapping[str, Callable[[Path, str], Document]] = {
    **dict.fromkeys((".md", ".markdown"), _markdown),
    **dict.fromkeys((".html", ".htm"), _html),
    **dict.fromkeys((".txt", ".text", ".rst", ".adoc"), _plain),
    ".ipynb": _notebook,
    ".py": _python,
    ".pdf": _pdf,
}
"""By the ending of the file."""
