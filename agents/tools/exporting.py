"""What was done in a conversation, as a file."""

import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from textwrap import shorten

from agents.events import Effect
from agents.exports.bash import argument
from agents.exports.formats import WRITERS, how_to_run, read_format, refuse_other
from agents.exports.record import Recorder
from agents.exports.script import Script
from agents.toolbox import Tool, calling_session
from core.audit import AuditLog
from core.errors import RequestError, UnavailableError
from core.exports import ExportedSession, ExportFormat
from core.quantities import size
from core.runs import RunBackend
from core.secrets import Masker
from core.sessions import SessionStore

SHOWN_STEPS = 30
STEP_CHARACTERS = 160
_RUNNABLE = {ExportFormat.PYTHON: 0o644, ExportFormat.BASH: 0o755}


@dataclass(frozen=True, slots=True)
class ExportTools:
    """The work of a conversation, to be done again."""

    audit: AuditLog
    sessions: SessionStore
    runs: RunBackend
    masker: Masker
    known: tuple[Tool, ...]
    """The other tools, whose calls can be in a file."""
    _shown: dict[str, tuple[int, int] | None] = field(default_factory=dict, repr=False)
    """What was there when a card said what is replaced, by path."""

    def export_session(self, path: str, format: str = "python") -> ExportedSession:  # noqa: A002 (the contract's name)
        """Write what was really done in this conversation as a script that does it again.

        Only what was carried out and succeeded is in it, with runs and versions as they were then.

        Args:
            path: The file to write on this machine: `steps.py`.
            format: `python`, `bash`, `notebook` or `github-actions`.
        """
        written, target = _target(path, format)
        script = self._script()
        content = WRITERS[written](script).encode()
        replaced = target.exists()
        if self._shown.pop(str(target), _state(target)) != _state(target):
            raise RequestError(
                f"{target} changed after it was shown; nothing was written.",
                hint="Ask again, and look at what is replaced.",
            )
        _write(target, content, _RUNNABLE.get(written, 0o644))
        return ExportedSession(
            path=str(target),
            format=written,
            session=script.session,
            name=script.name,
            changes=script.changes,
            reads=len(script.steps) - script.changes,
            tools=tuple(step.tool for step in script.steps),
            left_out=script.left_out,
            replaced=replaced,
            bytes=len(content),
            how=how_to_run(str(target), written),
        )

    def export_session_details(self, path: str, format: str) -> Mapping[str, str]:  # noqa: A002 (as above)
        """Say what will be in the file, and which file it replaces."""
        written, target = _target(path, format)
        self._shown[str(target)] = _state(target)
        script = self._script()
        content = WRITERS[written](script).encode()
        details = {
            "writes": f"{target}, {size(len(content))}, {written}",
            **_replaced(target),
            **_created(target),
            "conversation": f"{script.name} ({script.session})",
            "steps": _listed(script),
        }
        if script.left_out:
            details["leaves out"] = "; ".join(script.left_out)
        return details

    def _script(self) -> Script:
        session, name = self._conversation()
        entries = [entry for entry in self.audit.entries() if entry.session == session]
        turns = list(self.sessions.turns(session))
        defaults = {tool.name: _defaults(tool) for tool in self.known}
        # What is secret today may not have been known as such when it was written down.
        script = Recorder(defaults, self.runs.get).script(
            session, name, self.masker.value(entries), self.masker.value(turns)
        )
        if not script.steps:
            raise RequestError(
                "Nothing was carried out in this conversation yet.",
                hint="Do something first: what was only said, rejected or failed is in no script.",
            )
        return script

    def _conversation(self) -> tuple[str, str]:
        """Return the id and the name of this conversation; outside of one, of the latest."""
        session = calling_session.get()
        kept = self.sessions.list()
        if not session and not kept:
            raise RequestError(
                "There is no conversation yet.", hint='Begin one: mlops-swarm ask "list the runs".'
            )
        info = kept[0] if not session else next((one for one in kept if one.id == session), None)
        # One in which nothing was said yet has no name.
        return (info.id, info.name) if info else (session, "")

    def tools(self) -> tuple[Tool, ...]:
        """Return the tools."""
        return (Tool(self.export_session, Effect.WRITES, details=self.export_session_details),)


def _target(path: str, format_name: str) -> tuple[ExportFormat, Path]:
    """Return what is to be written where.

    Raises:
        RequestError: The format is none, or no file can have that name.
    """
    written = read_format(format_name)
    if not path.strip():
        raise RequestError("The file has no name.", hint="Give one: path=steps.py.")
    target = Path(path).expanduser().absolute()
    if target.is_dir() or path.endswith("/"):
        raise RequestError(f"{path} is a folder.", hint=f"Name a file: {path.rstrip('/')}/steps.py")
    if target.exists() and not target.is_file():
        raise RequestError(f"{path} is no ordinary file.", hint="Name another one.")
    refuse_other(target, written)
    return written, target


def _state(target: Path) -> tuple[int, int] | None:
    """Return size and time of change of a file, to tell whether it is still the same."""
    if not target.exists():
        return None
    found = target.stat()
    return found.st_size, found.st_mtime_ns


def _replaced(target: Path) -> Mapping[str, str]:
    if not target.exists():
        return {}
    found = target.stat()
    when = datetime.fromtimestamp(found.st_mtime, UTC)
    told = f"{target.name}, {size(found.st_size)}, changed {when:%Y-%m-%d %H:%M} UTC"
    return {"REPLACES": f"{told}: what is in it now is lost"}


def _created(target: Path) -> Mapping[str, str]:
    return {} if target.parent.is_dir() else {"creates": f"the folder {target.parent}"}


def _listed(script: Script) -> str:
    """Return the steps as a person reads them, a line each."""
    lines = [f"{number}. {line}" for number, line in enumerate(_lines(script), start=1)]
    more = len(lines) - SHOWN_STEPS
    return "\n".join([*lines[:SHOWN_STEPS], *([f"… and {more} more"] if more > 0 else [])])


def _lines(script: Script) -> Sequence[str]:
    return [
        shorten(
            f"{step.tool} {' '.join(argument(n, v) for n, v in step.arguments.items())}"
            f"{' (changes)' if step.changes else ''}",
            STEP_CHARACTERS,
            placeholder=" …",
        )
        for step in script.steps
    ]


def _defaults(tool: Tool) -> Mapping[str, object]:
    fields = tool.arguments().model_fields
    return {name: given.get_default() for name, given in fields.items() if not given.is_required()}


def _write(target: Path, content: bytes, mode: int) -> None:
    """Write a file in one go: whoever reads it meanwhile sees the old one or this one.

    Raises:
        UnavailableError: It cannot be written.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=target.parent, suffix=".part")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            Path(name).chmod(mode)
            Path(name).replace(target)
        except OSError:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise UnavailableError(
            f"{target} cannot be written: {error.strerror}.", hint="Name another file."
        ) from error
