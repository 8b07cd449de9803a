"""From the log of calls to a script: what was carried out, in order, with what it meant then."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from textwrap import shorten

from agents.events import Effect
from agents.exports.script import (
    CHARACTERS,
    Part,
    Script,
    Step,
    Variable,
    Wait,
    runs_in,
    with_variables,
)
from agents.specialists import SPECIALISTS
from agents.tools.times import parse_since
from core.audit import AuditEntry
from core.errors import NotFoundError
from core.runs import Run, RunState
from core.sessions import Turn
from core.visible import visible

EXPORT = "export_session"
_AGENTS = frozenset(agent.name for agent in SPECIALISTS)
_WAITING = "watch_run"
"""It shows nothing: what hangs on a run's end waits for it in the file."""
_WHILE_AT_WORK = frozenset({"cancel_run", "describe_run", "read_logs", _WAITING})
"""Tools to which it makes no difference whether a run has ended; others wait for it."""
_RETRY = "retry_run"


@dataclass(frozen=True, slots=True)
class Recorder:
    """Makes scripts of conversations.

    Args:
        defaults: What each tool's arguments are when they are not given, by tool.
        run: Returns a run by its id.
    """

    defaults: Mapping[str, Mapping[str, object]]
    run: Callable[[str], Run]

    def script(
        self, session: str, name: str, entries: Iterable[AuditEntry], turns: Sequence[Turn]
    ) -> Script:
        """Return what was done in a conversation.

        Args:
            session: The conversation's id.
            name: Its name; empty while nothing was said in it.
            entries: Its calls, oldest first.
            turns: What was said, in order.
        """
        ended = [one for one in entries if one.stage == "ended" and one.tool != EXPORT]
        done = [one for one in ended if one.ok and one.tool in self.defaults]
        kept = _without_repetitions([one for one in done if one.tool != _WAITING])
        made = [one for one in kept if one.made]
        variables = {one.made: Variable(name=f"run_{n}") for n, one in enumerate(made, 1)}
        waiting = _Waiting(self._endings(kept, variables))
        asked = _Asked(turns)
        steps = [(asked.words(one), self._step(one, variables, waiting)) for one in kept]
        return Script(
            session=session,
            name=in_one_line(name) or session,
            date=_days(kept),
            parts=tuple(
                Part(words=words, steps=tuple(step for _, step in group))
                for words, group in groupby(steps, key=lambda pair: pair[0])
            ),
            last=tuple(waiting.at_the_end()),
            left_out=_left_out(ended, done, kept),
        )

    def _step(
        self, entry: AuditEntry, variables: Mapping[str, Variable], waiting: "_Waiting"
    ) -> Step:
        # A run is known by its variable once it was started, and by nothing before.
        known = {run: v for run, v in variables.items() if v.name in waiting.begun}
        arguments = {
            name: with_variables(value, known)
            for name, value in self._meant(entry).items()
            if value != self.defaults[entry.tool].get(name, ...)
        }
        return Step(
            tool=entry.tool,
            arguments=arguments,
            changes=entry.effect != Effect.READS,
            waits=tuple(waiting.before(entry, runs_in(arguments))),
            run=waiting.starts(variables.get(entry.made)),
        )

    @staticmethod
    def _meant(entry: AuditEntry) -> Mapping[str, object]:
        """Return a call's arguments with what their references stood for."""
        arguments = {**entry.arguments, **entry.meant}
        if since := arguments.get("since"):
            moment = parse_since(str(since), entry.at)
            if moment is not None:
                arguments["since"] = moment.isoformat()
        return arguments

    def _endings(
        self, entries: Sequence[AuditEntry], variables: Mapping[str, Variable]
    ) -> Mapping[str, "_Ending"]:
        retried = {str(one.meant.get("run")) for one in entries if one.tool == _RETRY}
        return {
            variable.name: _Ending(variable, *self._ended(run_id), run_id in retried)
            for run_id, variable in variables.items()
        }

    def _ended(self, run_id: str) -> tuple[datetime | None, bool]:
        try:
            run = self.run(run_id)
        except NotFoundError:
            # It was deleted since.
            return None, False
        return run.finished_at, run.state is RunState.SUCCEEDED


@dataclass(frozen=True, slots=True)
class _Ending:
    """How a run that the script starts ended when it was started first."""

    run: Variable
    at: datetime | None
    succeeded: bool
    retried: bool


@dataclass(slots=True)
class _Waiting:
    """Follows which runs are at work while a script is read from top to bottom."""

    endings: Mapping[str, _Ending]
    begun: set[str] = field(default_factory=set)
    open: list[str] = field(default_factory=list)
    retried: set[str] = field(default_factory=set)

    def starts(self, run: Variable | None) -> Variable | None:
        """Note that a run is at work from here on."""
        if run is not None:
            self.begun.add(run.name)
            self.open.append(run.name)
        return run

    def before(self, entry: AuditEntry, named: frozenset[str]) -> Sequence[Wait]:
        """Return what had ended before a call was made, or has to end for it."""
        begins = entry.at - timedelta(seconds=entry.seconds)
        needed = named if entry.tool not in _WHILE_AT_WORK else frozenset()
        ended = [name for name in self.open if name in needed or self._had_ended(name, begins)]
        waits = [self._wait(name) for name in ended]
        self.open = [name for name in self.open if name not in ended]
        if entry.tool == _RETRY:
            self.retried |= named
            self.open += sorted(named)
        return waits

    def at_the_end(self) -> Sequence[Wait]:
        """Return what has ended by now and was not waited for."""
        return [self._wait(name) for name in self.open if self.endings[name].at is not None]

    def _had_ended(self, name: str, moment: datetime) -> bool:
        at = self.endings[name].at
        return at is not None and at <= moment

    def _wait(self, name: str) -> Wait:
        ending = self.endings[name]
        # How the first attempt ended is not known any more, only that it did not succeed.
        last = not ending.retried or name in self.retried
        return Wait(run=ending.run, succeeded=ending.succeeded and last)


class _Asked:
    """Knows what was asked when a call was made.

    Args:
        turns: What was said, in order; each with the moment at which its answer was complete.
    """

    def __init__(self, turns: Sequence[Turn]) -> None:
        self._turns = turns

    def words(self, entry: AuditEntry) -> str:
        """Return the words of the turn in which a call was made; empty where it is under way."""
        if entry.agent not in _AGENTS:
            return ""
        asked = (turn.question for turn in self._turns if turn.at >= entry.at)
        return in_one_line(next(asked, ""))


def in_one_line(text: str) -> str:
    """Return somebody's words so that they can stand in a comment: short, without line ends."""
    return shorten(visible(" ".join(visible(text).split())), CHARACTERS, placeholder=" …")


def _without_repetitions(entries: Sequence[AuditEntry]) -> Sequence[AuditEntry]:
    """Keep the last of the calls that read the same, with no change between them."""
    kept: list[AuditEntry] = []
    read: list[Mapping[str, object]] = []
    for entry in reversed(entries):
        if entry.effect != Effect.READS:
            read.clear()
        else:
            call = {"tool": entry.tool, **entry.arguments, **entry.meant}
            if call in read:
                continue
            read.append(call)
        kept.append(entry)
    return kept[::-1]


def _days(entries: Sequence[AuditEntry]) -> str:
    days = sorted({f"{entry.at:%Y-%m-%d}" for entry in entries})
    return days[0] if len(days) == 1 else f"{days[0]} to {days[-1]}" if days else ""


def _left_out(
    ended: Sequence[AuditEntry], done: Sequence[AuditEntry], kept: Sequence[AuditEntry]
) -> tuple[str, ...]:
    rejected = sum(one.decision == "reject" for one in ended)
    failed = sum(not one.ok for one in ended) - rejected
    counted = {
        "rejected": rejected,
        "failed": failed,
        "repeated, or only waited": len(done) - len(kept),
        "of a tool that is not there any more": sum(one.ok for one in ended) - len(done),
    }
    return tuple(
        f"{count} call{'s' if count > 1 else ''}: {why}" for why, count in counted.items() if count
    )
