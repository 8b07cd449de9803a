"""Tables in answers: side by side where they fit, row by row where they do not."""

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.content import Content
from textual.geometry import Size
from textual.widgets import Markdown
from textual.widgets._markdown import MarkdownTable
from textual.widgets.markdown import MarkdownBlock

GAP = 2
"""Cells between two columns."""

HEAD_STYLE = "bold $primary"

Row = Sequence[Content]


class AnswerTable(MarkdownTable):
    """A table that never cuts a word off."""

    def compose(self) -> ComposeResult:
        """Keep what the table holds; it is drawn for the width it gets."""
        self._headers, self._rows = self._get_headers_and_rows()
        yield from ()

    def render(self) -> Content:
        """Draw the table for its width."""
        return drawn_table(self._headers, self._rows, self.content_size.width)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return how many lines the table takes at a width."""
        del container, viewport
        return len(drawn_table(self._headers, self._rows, width).plain.splitlines())

    async def _update_from_block(self, block: MarkdownBlock) -> None:
        if isinstance(block, MarkdownTable):
            self._headers, self._rows = block._get_headers_and_rows()
            self.refresh(layout=True)
        else:
            await super()._update_from_block(block)


class AnswerBody(Markdown):
    """Markdown whose tables fit the terminal."""

    BLOCKS = {**Markdown.BLOCKS, "table_open": AnswerTable}  # noqa: RUF012 (Textual's own type)


def drawn_table(headers: Row, rows: Sequence[Row], width: int) -> Content:
    """Return a table for a width: columns that wrap between words, else one block a row."""
    if not headers or width <= 0:
        return Content("")
    cells = [headers, *rows]
    columns = range(len(headers))
    natural = [max(_width(row, at) for row in cells) for at in columns]
    least = [max(_longest_word(row, at) for row in cells) for at in columns]
    room = width - GAP * (len(headers) - 1)
    if sum(least) > room:
        return _blocks(headers, rows, width)
    widths = _shared(natural, least, room)
    head = [cell.stylize(HEAD_STYLE) for cell in headers]
    return Content("\n").join(line for row in (head, *rows) for line in _lines(row, widths))


def _shared(natural: Sequence[int], least: Sequence[int], room: int) -> list[int]:
    """Return widths that fit: the widest columns give way first, none below its longest word."""
    for most in range(max(natural), 0, -1):
        widths = [max(low, min(wide, most)) for wide, low in zip(natural, least, strict=True)]
        if sum(widths) <= room:
            return widths
    return list(least)


def _lines(row: Row, widths: Sequence[int]) -> list[Content]:
    wrapped = [
        _cell(row, at).wrap(width) if width else [Content("")] for at, width in enumerate(widths)
    ]
    return [
        Content(" " * GAP).join(
            _padded(lines[at] if at < len(lines) else Content(""), width)
            for lines, width in zip(wrapped, widths, strict=True)
        )
        for at in range(max(map(len, wrapped)))
    ]


def _blocks(headers: Row, rows: Sequence[Row], width: int) -> Content:
    """Draw each row as names with values; an empty value is left out."""
    label = max(header.cell_length for header in headers)
    room = max(1, width - label - GAP)
    lines: list[Content] = []
    for row in rows:
        if lines:
            lines.append(Content(" "))
        for at, header in enumerate(headers):
            value = _cell(row, at)
            if value.plain.strip():
                head = [header.stylize(HEAD_STYLE)]
                lines += _lines([*head, value], [label, room])
    return Content("\n").join(lines)


def _padded(line: Content, width: int) -> Content:
    # Never empty: joining leaves empty parts out, and their separator with them.
    line = line.rstrip()
    return line.pad_right(max(0, width - line.cell_length)) or Content(" ")


def _cell(row: Row, at: int) -> Content:
    return row[at] if at < len(row) else Content("")


def _width(row: Row, at: int) -> int:
    return _cell(row, at).cell_length


def _longest_word(row: Row, at: int) -> int:
    return max((Content(word).cell_length for word in _cell(row, at).plain.split()), default=0)
