"""Writes a drift check as one HTML page that needs nothing else."""

from collections.abc import Iterable, Sequence
from functools import cache
from html import escape

from pydantic import TypeAdapter, ValidationError

from core.drift import DriftReport, DriftVerdict, FeatureDrift
from core.errors import RequestError

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; color: #1d2733; max-width: 60rem;
  margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; margin: 1rem 0; width: 100%; }
th, td { border-bottom: 1px solid #d5dbe2; padding: .3rem .7rem; text-align: right; }
th:first-child, td:first-child, th:last-child, td:last-child { text-align: left; }
.drifted { color: #b8485f; font-weight: 600; } .watch { color: #9a6a00; }
.stable { color: #3a9d6b; }
.bar { display: inline-block; height: .7rem; background: currentColor; }
"""
WIDEST = 120
"""Pixels of the longest bar."""


def write_report(report: DriftReport) -> str:
    """Return the page."""
    head = f"{report.model}:{report.version} and {report.source}"
    others = [one for one in (report.prediction, report.target) if one is not None]
    sections = [
        f"<h1>Has {escape(head)} drifted?</h1>",
        f'<p class="{report.verdict}">{escape(_WORDS[report.verdict])}</p>',
        f"<p>{escape(report.advice)}</p>",
        f"<p>{report.rows} rows, held against {report.reference_rows} training rows.</p>",
        "<h2>Predictions and outcomes</h2>",
        _table(others, report),
        _performance(report),
        "<h2>Features</h2>",
        _table(report.features, report),
        f"<h2>What the numbers mean</h2><p>{escape(report.thresholds)}</p>",
        _list(report.notes),
    ]
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f"<title>drift: {escape(head)}</title><style>{STYLE}</style></head>"
        f"<body>{''.join(sections)}</body></html>\n"
    )


_WORDS = {
    DriftVerdict.STABLE: "No: it looks like the data that the model learned from.",
    DriftVerdict.WATCH: "Not yet, but something has begun to move.",
    DriftVerdict.DRIFTED: "Yes: something has moved further than chance explains.",
}


def _table(found: Sequence[FeatureDrift], report: DriftReport) -> str:
    if not found:
        return ""
    largest = max(*(one.psi for one in report.features), *(one.psi for one in found), 1e-9)
    rows = "".join(_row(one, largest) for one in found)
    head = "".join(
        f"<th>{name}</th>"
        for name in ("what", "PSI", "", "KS", "missing then", "now", "verdict", "what moved")
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _row(one: FeatureDrift, largest: float) -> str:
    width = max(1, round(WIDEST * one.psi / largest))
    cells = (
        escape(one.feature),
        f"{one.psi:.3f}",
        f'<span class="bar {one.verdict}" style="width:{width}px"></span>',
        "" if one.ks is None else f"{one.ks:.3f}",
        f"{one.missing_before:.1%}",
        f"{one.missing_now:.1%}",
        f'<span class="{one.verdict}">{one.verdict}</span>',
        escape(one.moved),
    )
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


def _performance(report: DriftReport) -> str:
    found = report.performance
    if found is None:
        return ""
    word = "worse by more than noise" if found.worse else "within noise of what was promised"
    return (
        f"<p>On {found.rows} rows with a known outcome it is right in {found.accuracy:.1%}"
        f" ± {found.accuracy_error:.1%}; its card promises {found.expected:.1%}: {word}.</p>"
    )


def _list(sentences: Iterable[str]) -> str:
    items = "".join(f"<li>{escape(sentence)}</li>" for sentence in sentences)
    return f"<ul>{items}</ul>" if items else ""


@cache
def _adapter() -> TypeAdapter[DriftReport]:
    return TypeAdapter(DriftReport)


def to_json(report: DriftReport) -> bytes:
    """Write a check as JSON."""
    return _adapter().dump_json(report, indent=2)


def read_json(content: bytes) -> DriftReport:
    """Read a check from JSON.

    Raises:
        RequestError: The content is no drift check.
    """
    try:
        return _adapter().validate_json(content)
    except ValidationError as error:
        raise RequestError(
            "The file is not the result of a drift check.", hint="Run drift-check again."
        ) from error
