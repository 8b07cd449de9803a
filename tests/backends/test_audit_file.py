import json
import threading
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from backends.audit_file import AuditFile
from core.audit import AuditEntry


def an_entry(number: int = 0, effect: str = "reads", decision: str = "") -> AuditEntry:
    return AuditEntry(
        at=datetime(2026, 5, 14, 9, number, tzinfo=UTC),
        session="7f3a1c52",
        agent="kfp",
        tool="list_runs" if effect == "reads" else "start_run",
        arguments={"limit": number},
        effect=effect,
        decision=decision,
        ok=True,
        result_bytes=12,
        seconds=0.5,
    )


def test_what_was_recorded_reads_back_and_is_intact(tmp_path: Path) -> None:
    log = AuditFile(tmp_path / "audit.jsonl")
    entries = [an_entry(1), an_entry(2, "writes", "allow"), an_entry(3, "writes", "edit")]
    for entry in entries:
        log.record(entry)

    assert list(log.entries()) == entries
    report = log.verify()
    assert (report.intact, report.entries, report.unapproved_writes) == (True, 3, 0)
    assert report.by_decision == {"read": 1, "allow": 1, "edit": 1}


def test_a_change_whose_end_is_missing_is_named(tmp_path: Path) -> None:
    log = AuditFile(tmp_path / "audit.jsonl")
    for number, stage in (("c1", "begun"), ("c1", "ended"), ("c2", "begun")):
        ended = stage == "ended"
        log.record(replace(an_entry(1, "writes", "allow"), stage=stage, call=number, ok=ended))

    report = log.verify()
    assert (report.intact, report.entries, report.unapproved_writes) == (True, 1, 0)
    assert report.unfinished == ("start_run",)


def test_an_empty_log_is_intact(tmp_path: Path) -> None:
    assert AuditFile(tmp_path / "audit.jsonl").verify().intact


@pytest.mark.parametrize("tampering", ["change", "remove", "insert", "garbage"])
def test_a_line_that_was_tampered_with_is_found(tmp_path: Path, tampering: str) -> None:
    path = tmp_path / "audit.jsonl"
    log = AuditFile(path)
    for number in range(4):
        log.record(an_entry(number))
    lines = path.read_text().splitlines()
    if tampering == "change":
        record = json.loads(lines[1])
        lines[1] = json.dumps({**record, "tool": "read_logs"})
    if tampering == "remove":
        del lines[1]
    if tampering == "insert":
        lines.insert(1, lines[2])
    if tampering == "garbage":
        lines[1] = "not json"
    path.write_text("\n".join(lines) + "\n")

    report = log.verify()

    assert not report.intact
    assert report.problem.startswith("Line 2 ")


def test_a_change_without_a_decision_is_counted(tmp_path: Path) -> None:
    log = AuditFile(tmp_path / "audit.jsonl")
    log.record(an_entry(1, "writes"))

    assert log.verify().unapproved_writes == 1


def test_several_writers_keep_one_chain(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"

    def write() -> None:
        log = AuditFile(path)
        for number in range(10):
            log.record(an_entry(number))

    writers = [threading.Thread(target=write) for _ in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()

    report = AuditFile(path).verify()
    assert (report.intact, report.entries) == (True, 40)
