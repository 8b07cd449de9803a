"""A recommendation as a document of its own: Markdown, or one HTML file that needs nothing else."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from core.platforms import PlatformComparison, PlatformMark, PlatformRow
from core.toolchains import Recommendation, SlotChoice
from surfaces.words import clean, share, short

_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;"
    "color:#1c2024;background:#fff}table{border-collapse:collapse;width:100%;margin:1rem 0}"
    "th,td{border-bottom:1px solid #d0d5da;padding:.35rem .5rem;text-align:left;"
    "vertical-align:top}th{background:#f3f5f7}h1,h2{line-height:1.2}"
    "@media(prefers-color-scheme:dark){body{color:#e6e8ea;background:#16191c}th{background:#22272b}"
    "th,td{border-color:#3a4046}}"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """A section: a heading with a table, a list, or plain text."""

    title: str = ""
    level: int = 2
    text: str = ""
    head: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    items: tuple[str, ...] = ()


def report(recommendation: Recommendation, platforms: PlatformComparison, *, as_html: bool) -> str:
    """Return the report of a recommendation with the platform tables.

    Args:
        recommendation: What was recommended.
        platforms: The platforms beside one another.
        as_html: Whether as HTML; else as Markdown.
    """
    parts = [*_recommended(recommendation), *_compared(platforms)]
    return _html(parts) if as_html else _markdown(parts)


def _recommended(value: Recommendation) -> list[_Part]:
    slots = (value.platform, *value.slots)
    return [
        _Part(title="A toolchain for this project", level=1, text=_profile(value)),
        _Part(
            title="The toolchain",
            head=("for", "take", "probability", "or", "evidence"),
            rows=tuple(_slot_row(slot) for slot in slots if slot.choices),
        ),
        _Part(
            title="Why, and what would change it",
            head=("for", "why", "why not the next", "would change"),
            rows=tuple(
                (_name(slot.slot), slot.why, slot.why_not, " ".join(slot.flips)) for slot in slots
            ),
        ),
        _Part(
            title="Other toolchains that fit together",
            head=("name", "reason", "differs in"),
            rows=tuple(
                (
                    other.name,
                    other.reason,
                    ", ".join(f"{_name(slot)}: {other.tools[slot]}" for slot in other.differs),
                )
                for other in value.alternatives
            ),
        ),
        _Part(
            title="Projects of the data that are most like it",
            head=("repository", "likeness", "in common", "platform", "tools"),
            rows=tuple(
                (
                    near.repository,
                    share(near.likeness),
                    "; ".join(near.in_common),
                    near.platform,
                    ", ".join(near.tools),
                )
                for near in value.neighbours
            ),
        ),
        _Part(title="Companies, as published", items=value.companies),
        _Part(title="What to know of this answer", items=value.caveats),
        _Part(
            title="What would tell more",
            items=tuple(f"{item.text} ({item.information:.2f} bits)" for item in value.questions),
        ),
        _Part(
            title="How good the forest is",
            text="Weighted F1 on projects whose owners it had not seen, beside a draw from the"
            " class shares.",
            head=("for", "forest", "draw"),
            rows=tuple(
                (_name(slot), f"{score:.2f}", f"{value.baselines.get(slot, 0):.2f}")
                for slot, score in value.scores.items()
            ),
        ),
    ]


def _compared(value: PlatformComparison) -> list[_Part]:
    head = ("", *value.platforms)
    parts = [
        _Part(
            title=title, text="Published / today.", head=head, rows=tuple(map(_platform_row, rows))
        )
        for title, rows in (
            ("Platforms: features", value.features),
            ("Platforms: use cases", value.use_cases),
        )
    ]
    parts.append(
        _Part(
            title="What each platform gives and gives up",
            head=("platform", "gives", "gives up", "leaving it"),
            rows=tuple((o.platform, o.gains, o.gives_up, o.leaving) for o in value.outlooks),
        )
    )
    parts += [
        _Part(title=f"This project's pipeline on {o.platform}", level=3, items=o.steps)
        for o in value.outlooks
    ]
    parts.append(
        _Part(
            title="Sources of today's facts",
            head=("row", "platform", "today", "by", "source", "date"),
            rows=tuple(
                (row.name, mark.platform, mark.today, mark.by, mark.source, _date(mark))
                for row in (*value.features, *value.use_cases)
                for mark in row.marks
            ),
        )
    )
    notes = (f"Published: {value.published_in}.", *value.notes)
    return [*parts, _Part(title="About the tables", items=notes)]


def _profile(value: Recommendation) -> str:
    known = {
        _name(field): short(getattr(value.profile, field))
        for field in type(value.profile).__dataclass_fields__
        if getattr(value.profile, field)
    }
    return "; ".join(f"{name}: {told}" for name, told in known.items())


def _slot_row(slot: SlotChoice) -> tuple[str, ...]:
    first, *others = slot.choices
    rest = ", ".join(f"{other.tool} {share(other.probability)}" for other in others[:2])
    return _name(slot.slot), first.tool, share(first.probability), rest, slot.evidence


def _platform_row(row: PlatformRow) -> tuple[str, ...]:
    name = row.name if row.certain else f"{row.name} ?"
    return name, *(f"{'yes' if mark.published else 'no'} / {mark.today}" for mark in row.marks)


def _date(mark: PlatformMark) -> str:
    return f"{mark.date}, page opened" if mark.checked else mark.date


def _name(slot: str) -> str:
    return slot.replace("_", " ")


def _markdown(parts: Sequence[_Part]) -> str:
    blocks = []
    for part in parts:
        if not (part.text or part.rows or part.items):
            continue
        blocks.append(f"{'#' * part.level} {_cell(part.title)}")
        if part.text:
            blocks.append(_cell(part.text))
        if part.rows:
            lines = [part.head, tuple("---" for _ in part.head), *part.rows]
            blocks.append("\n".join(f"| {' | '.join(map(_cell, line))} |" for line in lines))
        if part.items:
            blocks.append("\n".join(f"- {_cell(item)}" for item in part.items))
    return "\n\n".join(blocks) + "\n"


def _cell(text: str) -> str:
    plain = " ".join(clean(text).split())
    return plain.replace("|", "\\|").replace("<", "&lt;")


def _html(parts: Sequence[_Part]) -> str:
    blocks = []
    for part in parts:
        if not (part.text or part.rows or part.items):
            continue
        blocks.append(f"<h{part.level}>{_text(part.title)}</h{part.level}>")
        if part.text:
            blocks.append(f"<p>{_text(part.text)}</p>")
        if part.rows:
            head = "".join(f"<th>{_text(cell)}</th>" for cell in part.head)
            rows = "".join(
                f"<tr>{''.join(f'<td>{_text(cell)}</td>' for cell in row)}</tr>"
                for row in part.rows
            )
            blocks.append(f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>")
        if part.items:
            items = "".join(f"<li>{_text(item)}</li>" for item in part.items)
            blocks.append(f"<ul>{items}</ul>")
    body = "\n".join(blocks)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width,initial-scale=1">\n'
        f"<title>A toolchain</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n{body}\n</body>\n"
        "</html>\n"
    )


def _text(text: str) -> str:
    return escape(clean(text))
