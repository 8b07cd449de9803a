"""The log files of a run: one per task, and one of the worker."""

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path

WORKER_LOG = "run.log"
TASK_PROCESS = "task"
BROKEN_OFF = f"Process {TASK_PROCESS}:"
"""What Python writes before the traceback that ends a process of this name."""

_COLOURS = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_PLAIN = re.compile(r"[A-Za-z0-9._-]+(?: \[[A-Za-z0-9._-]+\])?")
_EXCEPTION = re.compile(
    r"(?P<kind>[A-Za-z_][\w.]*(?:Error|Exception|Exit|Interrupt))(?:: (?P<text>.+))?"
)
_IN_PLAIN_WORDS = frozenset(
    {
        "AssistantError",
        "RequestError",
        "NotFoundError",
        "UnavailableError",
        "SettingsError",
        "ValueError",
    }
)
"""Exceptions that are raised to say something to people: their class adds nothing."""


def folder_name(task: str) -> str:
    """Return a task's name as a part of a path: `tune-model [SVC]` is `tune-model-SVC`."""
    name = _UNSAFE.sub("-", task).strip("-.") or "task"
    if _PLAIN.fullmatch(task):
        return name
    # Two names that differ only in such characters must not share a file.
    return f"{name[:60]}-{hashlib.sha256(task.encode()).hexdigest()[:6]}"


def task_log(folder: Path, task: str) -> Path:
    """Return where a task's log is."""
    return folder / f"{folder_name(task)}.log"


def read_lines(path: Path) -> list[str]:
    """Return the lines of a log, without colours; a log that was not written is empty."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return []
    return _COLOURS.sub("", text).splitlines()


def reason_in(lines: Sequence[str]) -> str:
    """Return the sentence with which a task failed.

    Where an exception ended it, that is the exception's message; where the task ended itself, as
    programs do after they said what is wrong, it is the last line.
    """
    ends = [number for number, line in enumerate(lines) if line == BROKEN_OFF]
    if ends:
        messages = [_message(line) for line in lines[ends[-1] :] if line[:1] not in {" ", "\t"}]
        last = next((message for message in reversed(messages) if message), "")
        if last:
            return last
    return next((line.strip() for line in reversed(lines) if line.strip()), "")


def _message(line: str) -> str:
    match = _EXCEPTION.fullmatch(line.strip())
    if match is None:
        return ""
    kind, text = match["kind"].rpartition(".")[2], match["text"]
    return text if text and kind in _IN_PLAIN_WORDS else line.strip()


def put_aside(folder: Path, *, attempt: int, keep: Sequence[str]) -> None:
    """Move the logs of an attempt that ended into a folder of its own.

    Args:
        folder: The run's logs.
        attempt: The number of the attempt.
        keep: Tasks whose logs stay, because the next attempt reuses what they did.
    """
    if not folder.is_dir():
        return
    kept = {task_log(folder, task) for task in keep}
    aside = folder / f"attempt-{attempt}"
    for log in folder.glob("*.log"):
        if log not in kept:
            aside.mkdir(exist_ok=True)
            log.replace(aside / log.name)
