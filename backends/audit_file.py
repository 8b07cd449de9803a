"""The audit log as a file of JSON lines, each bound to the one before it by a hash."""

import hashlib
import json
import os
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from pydantic import TypeAdapter, ValidationError
from pydantic_core import to_jsonable_python

from core.audit import AuditEntry, AuditReport
from core.errors import UnavailableError

GENESIS = "0" * 64
"""What the first line is bound to."""
LOCK_SECONDS = 10
TAIL_BYTES = 1 << 20
"""No line is longer: arguments are bounded by the toolbox."""
_ENTRY: TypeAdapter[AuditEntry] = TypeAdapter(AuditEntry)


class AuditFile:
    """Appends calls to one file that several assistants may share.

    A line holds the entry, the hash of the line before and its own hash: SHA-256 over the hash
    before and the entry. Whoever changes, removes or inserts a line breaks the chain there; lines
    cut off the end show only against a copy of the latest hash.

    Args:
        path: The file; it is made at the first entry.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = FileLock(path.with_suffix(".lock"), timeout=LOCK_SECONDS)

    def record(self, entry: AuditEntry) -> None:
        """Append an entry."""
        body = to_jsonable_python(entry)
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._lock, self._path.open("ab+") as file:
                # The last line is all that is needed, however long the log has become.
                size = file.seek(0, os.SEEK_END)
                file.seek(max(0, size - TAIL_BYTES))
                before = _last_hash(file.read())
                line = json.dumps({"before": before, **body, "hash": _bound(before, body)})
                file.write(line.encode() + b"\n")
        except (OSError, Timeout) as error:
            raise UnavailableError(
                f"The audit log {self._path} cannot be written: {error}.",
                hint="Nothing is changed without it. Free some space or mend the permissions.",
            ) from error

    def entries(self) -> Iterator[AuditEntry]:
        """Yield every entry, oldest first; lines that are none are passed over."""
        for _, line in self._lines():
            try:
                yield _ENTRY.validate_python(_body(json.loads(line)))
            except (ValueError, ValidationError):
                continue

    def verify(self) -> AuditReport:
        """Check that no entry was changed, removed or put in between."""
        before, problem, count = GENESIS, "", 0
        decisions: Counter[str] = Counter()
        unapproved = 0
        begun: dict[str, str] = {}
        for number, line in self._lines():
            problem = problem or _fault(number, line, before)
            if problem:
                break
            record = json.loads(line)
            before = record["hash"]
            if record.get("stage") == "begun":
                begun[record["call"]] = record["tool"]
                continue
            begun.pop(record.get("call", ""), None)
            count += 1
            changed = record["ok"] and record["effect"] != "reads"
            unapproved += changed and record["decision"] in {"", "reject"}
            decisions[record["decision"] or "read"] += 1
        return AuditReport(
            path=str(self._path),
            entries=count,
            intact=not problem,
            problem=problem,
            unapproved_writes=unapproved,
            unfinished=tuple(begun.values()),
            by_decision=dict(decisions),
        )

    def _lines(self) -> Iterator[tuple[int, str]]:
        if not self._path.exists():
            return
        try:
            with self._path.open(encoding="utf-8", errors="replace") as file:
                yield from ((n, line) for n, line in enumerate(file, start=1) if line.strip())
        except OSError as error:
            raise UnavailableError(
                f"The audit log {self._path} cannot be read: {error}."
            ) from error


def _last_hash(content: bytes) -> str:
    lines = content.rstrip(b"\n").rsplit(b"\n", 1)
    if not lines[-1]:
        return GENESIS
    try:
        return str(json.loads(lines[-1])["hash"])
    except (ValueError, KeyError, TypeError):
        # A line that a killed process left half-written stays a visible break in the chain.
        return hashlib.sha256(lines[-1]).hexdigest()


def _body(record: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in record.items() if name not in {"before", "hash"}}


def _bound(before: str, body: Mapping[str, Any]) -> str:
    text = before + json.dumps(body, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _fault(number: int, line: str, before: str) -> str:
    try:
        record = json.loads(line)
        if record["before"] != before:
            return f"Line {number} does not follow the line before it."
        if record["hash"] != _bound(before, _body(record)):
            return f"Line {number} was changed after it was written."
    except (ValueError, KeyError, TypeError):
        return f"Line {number} is no entry."
    return ""
