"""`eval`: cases, their figures and the report."""

import sys
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from core.errors import RequestError, UnavailableError
from core.services import BuiltinChat
from core.settings import Settings, read_settings
from surfaces.cli.printing import output, progress
from surfaces.evaluation.cases import read_cases
from surfaces.evaluation.evaluating import evaluate
from surfaces.evaluation.results import Figure, Report, Result
from surfaces.evaluation.running import Worlds, temporary_worlds

MODELS = ("builtin", "configured")
SHOWN_FAILURES = 40
SHOWN_REASON = 160


def run_eval(
    files: Sequence[Path],
    *,
    model: str,
    repeats: int,
    report: Path | None,
    threshold: float,
    worlds: Worlds | None = None,
) -> int:
    """Run the cases of files, print their figures, and return 1 when they are not good enough.

    Args:
        files: Files of cases.
        model: `builtin`, or `configured` for the one in the settings.
        repeats: How often each case is run.
        report: Where to write the report, if anywhere.
        threshold: Share of cases that must pass.
        worlds: Where cases begin; worlds that are built now and removed afterwards, if None.

    Raises:
        RequestError: A file or an option cannot be used.
        UnavailableError: The report cannot be written.
    """
    if repeats < 1:
        raise RequestError(f"{repeats} repeats are none.", hint="Give 1 or more.")
    cases = read_cases(files)
    settings = _settings(model)
    shown = progress()
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=shown,
        disable=not sys.stderr.isatty(),
        transient=True,
    )
    with nullcontext(worlds) if worlds else temporary_worlds() as places, bar:
        task = bar.add_task("building the world", total=len(cases) * repeats)

        def tell(result: Result) -> None:
            bar.update(task, advance=1, description=result.id)

        found = evaluate(cases, settings, places, repeats=repeats, tell=tell)
    if report is not None:
        _write(report, found)
    _show(found, threshold)
    return 0 if found.good_enough(threshold) else 1


def _settings(model: str) -> Settings:
    if model not in MODELS:
        raise RequestError(f"There is no model {model!r} to evaluate.", hint="builtin, configured.")
    return read_settings(chat=BuiltinChat() if model == "builtin" else None)


def _write(path: Path, report: Report) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(report.to_json())
    except OSError as error:
        raise UnavailableError(
            f"The report {path} cannot be written: {error.strerror}.", hint="Choose another path."
        ) from error


def _show(report: Report, threshold: float) -> None:
    out = output()
    for kind, figures in (("tag", report.by_tag()), ("agent", report.by_agent())):
        if figures:
            out.print(_figures(kind, figures))
    for result in [one for one in report.ran if not one.passed][:SHOWN_FAILURES]:
        reason = "; ".join(result.reasons)[:SHOWN_REASON]
        out.print(f"✗ {result.id}: {reason}", markup=False, highlight=False)
    overall, ran = report.overall, report.ran
    calls = sum(result.model_calls for result in ran)
    seconds = sum(result.seconds for result in ran)
    times = f" in all of {report.repeats} repeats" if report.repeats > 1 else ""
    for line in (
        f"{overall.passed} of {overall.cases} cases passed{times}: {overall.share:.1%}"
        f" (needed {threshold:.0%}) with the model {report.model}.",
        f"Skipped: {len(report.skipped)}. Wrong writes proposed: {report.wrong_writes}."
        f" Unapproved writes: {report.unapproved_writes}.",
        f"Model calls: {calls}. Tokens: {sum(result.tokens for result in ran):,}."
        f" Seconds a case: {seconds / max(len(ran), 1):.2f}.",
    ):
        out.print(line, markup=False, highlight=False)
    if report.too_many_skipped:
        out.print(f"Too many were skipped: {', '.join(report.skipped)}.", markup=False)


def _figures(kind: str, figures: Mapping[str, Figure]) -> Table:
    table = Table(kind, "cases", "passed", "share")
    for column in table.columns[1:]:
        column.justify = "right"
    for name, figure in figures.items():
        table.add_row(name, str(figure.cases), str(figure.passed), f"{figure.share:.0%}")
    return table
