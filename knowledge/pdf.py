"""PDF files, page by page."""

import logging
import zlib
from pathlib import Path

from core.errors import RequestError
from knowledge.splitting import Document

MOST_PAGES = 1500


def read_pdf(file: Path, path: str) -> Document:
    """Read the text of a PDF; each page becomes a heading.

    Raises:
        RequestError: It is encrypted, broken, too long, or holds pictures only.
    """
    from pypdf import PdfReader
    from pypdf.errors import DependencyError, FileNotDecryptedError, PyPdfError, WrongPasswordError

    # It writes a line for each blemish of a file; what matters is said in the reason.
    logging.getLogger("pypdf").setLevel(logging.ERROR)
    try:
        reader = PdfReader(file)
        if reader.is_encrypted and not reader.decrypt(""):
            raise RequestError("encrypted")
        if len(reader.pages) > MOST_PAGES:
            raise RequestError(f"longer than {MOST_PAGES:,} pages")
        sections = tuple(
            (f"page {number}", _paragraphs(page.extract_text()))
            for number, page in enumerate(reader.pages, start=1)
        )
        told = reader.metadata.title if reader.metadata else None
        title = (told or "").strip()
    except (DependencyError, FileNotDecryptedError, WrongPasswordError) as error:
        raise RequestError("encrypted") from error
    except (PyPdfError, *_DAMAGE) as error:
        raise RequestError("broken: not a PDF that can be read") from error
    if not any(text.strip() for _, text in sections):
        raise RequestError("has no text: its pages are pictures")
    return Document(path=path, title=title or file.stem, sections=sections)


_DAMAGE = (
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    AssertionError,
    NotImplementedError,
    RecursionError,
    zlib.error,
)
"""What the reader is known to raise over files that are not as they should be."""


def _paragraphs(text: str) -> str:
    """Join the lines of a page: where a line ends says nothing in a PDF."""
    lines = [line.strip() for line in text.splitlines()]
    return "\n\n".join(
        " ".join(part.split()) for part in "\n".join(lines).split("\n\n") if part.strip()
    )
