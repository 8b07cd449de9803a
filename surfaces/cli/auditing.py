"""`audit`: what was called, on whose word, and whether the log is whole."""

from collections import deque

from rich.table import Table

from core.settings import read_settings
from surfaces.assembly import assemble
from surfaces.cli.printing import output, print_json
from surfaces.words import as_json as in_words
from surfaces.words import clean, moment


def run_audit(last: int, *, as_json: bool) -> int:
    """Print the latest calls and the check of the whole log; 1 when it is not intact."""
    log = assemble(read_settings()).audit
    report = log.verify()
    latest = deque(log.entries(), maxlen=max(0, last))
    if as_json:
        for entry in latest:
            print_json(entry)
        print_json(report)
        return 0 if report.intact else 1
    table = Table("when", "agent", "tool", "arguments", "decision", "ok", box=None)
    ended = {entry.call for entry in latest if entry.stage == "ended"}
    for entry in latest:
        if entry.stage == "begun" and entry.call in ended:
            continue
        cells = (entry.agent, entry.tool, in_words(entry.arguments), entry.decision)
        how = "yes" if entry.ok else "no" if entry.stage == "ended" else "begun"
        table.add_row(moment(entry.at), *map(clean, cells), how)
    out = output()
    out.print(table)
    found = "intact" if report.intact else f"NOT intact. {report.problem}"
    broken = (
        f"; without a recorded end: {', '.join(report.unfinished)}" if report.unfinished else ""
    )
    out.print(
        f"{report.entries} calls in {report.path}, {found};"
        f" {report.unapproved_writes} changes without approval{broken}.",
        markup=False,
        highlight=False,
    )
    return 0 if report.intact else 1
