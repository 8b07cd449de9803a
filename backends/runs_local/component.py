"""The tasks of a run: what they are, and the process that they are forked from."""

import contextlib
import importlib.metadata
import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement

from core.errors import RequestError

_SOURCE_FOLLOWS = re.compile(r"ephemeral_component\.py.*\$@", re.DOTALL)
_PIP_INSTALL = re.compile(r"pip install (?P<words>.*?)(?=&&|\n|$)", re.DOTALL)
_QUOTED = re.compile(r"'([^']*)'")
_EXECUTOR = "kfp.dsl.executor_main"


@dataclass(frozen=True, slots=True, kw_only=True)
class ComponentCall:
    """A component's source and the arguments for its executor."""

    source: str
    arguments: tuple[str, ...]
    environment: Mapping[str, str]
    log: Path
    folder: Path


def read_call(command: Sequence[str], environment: Mapping[str, str], log: Path) -> ComponentCall:
    """Read a lightweight Python component from the command that a container would run.

    Raises:
        RequestError: It is another kind of component, or needs packages that are not here.
    """
    place = place_of_source(command)
    if place is None or "--executor_input" not in command:
        raise RequestError(
            "This task needs a container: only lightweight Python components run on this machine.",
            hint="Run the pipeline on a cluster.",
        )
    missing = missing_packages(command[:place])
    if missing:
        raise RequestError(
            f"This task needs packages that are not installed here: {', '.join(missing)}.",
            hint="Install them beside the assistant, or run the pipeline on a cluster.",
        )
    inputs = json.loads(command[command.index("--executor_input") + 1])
    return ComponentCall(
        source=command[place + 1],
        arguments=tuple(command[place + 2 :]),
        environment=environment,
        log=log,
        folder=Path(inputs["outputs"]["outputFile"]).parent,
    )


def place_of_source(command: Sequence[str]) -> int | None:
    """Return which part of a command writes the source that follows it, if it has one."""
    return next((i for i, part in enumerate(command) if _SOURCE_FOLLOWS.search(part)), None)


def missing_packages(command: Sequence[str]) -> list[str]:
    """Return the requirements that a command would install and that are not met here."""
    return [name for part in command for name in _not_installed(part)]


def _not_installed(script: str) -> list[str]:
    """Return the requirements of a `pip install` that the running environment does not meet."""
    quoted = [name for words in _PIP_INSTALL.findall(script) for name in _QUOTED.findall(words)]
    return [name for name in quoted if not name.startswith("-") and not _is_met(name)]


def _is_met(text: str) -> bool:
    try:
        requirement = Requirement(text)
        if requirement.marker is not None and not requirement.marker.evaluate():
            return True
        found = importlib.metadata.version(requirement.name)
    except (InvalidRequirement, importlib.metadata.PackageNotFoundError):
        return False
    return requirement.specifier.contains(found, prereleases=True)


class Parent:
    """The process that forks the tasks of a run; it imports while the worker does other things.

    Args:
        preload: Modules that tasks need and that are slow to import.
    """

    def __init__(self, preload: Sequence[str]) -> None:
        # KFP imports only what a component needs where this is set, as in its own containers.
        environment = {**os.environ, "_KFP_RUNTIME": "true"}  # noqa: TID251  # handed on, not read
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "backends.runs_local.parent", _EXECUTOR, *preload],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
        )
        self._lock = threading.Lock()
        self._tasks: dict[int, _Forked] = {}
        threading.Thread(target=self._listen, daemon=True).start()

    def run(self, call: ComponentCall, when_forked: Callable[[], None]) -> int:
        """Run a component to its end and return its exit code; negative is a signal's number.

        Args:
            call: What to run.
            when_forked: Called once its process is there; the first of a run waits for imports.
        """
        forked = _Forked()
        with self._lock:
            number = len(self._tasks)
            self._tasks[number] = forked
            self._ask(call, number)
        forked.begun.wait()
        when_forked()
        forked.ended.wait()
        return forked.code

    def write_to(self, log: Path) -> None:
        """Have what the parent itself says, such as warnings of imports, in a log."""
        with self._lock, contextlib.suppress(BrokenPipeError):
            self._tell({"write_to": str(log)})

    def _tell(self, told: Mapping[str, object]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(told).encode() + b"\n")
        self._process.stdin.flush()

    def _ask(self, call: ComponentCall, number: int) -> None:
        told = {
            "id": number,
            "source": call.source,
            "arguments": call.arguments,
            "environment": dict(call.environment),
            "log": str(call.log),
            "folder": str(call.folder),
        }
        try:
            self._tell(told)
        except BrokenPipeError:
            self._tasks[number].end(1)

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            answer = json.loads(line)
            if "code" in answer:
                self._tasks[answer["id"]].end(answer["code"])
            else:
                self._tasks[answer["id"]].begun.set()
        # Without their parent nobody hears of the tasks any more.
        with self._lock:
            for forked in self._tasks.values():
                if not forked.ended.is_set():
                    forked.end(-signal.SIGKILL)


@dataclass
class _Forked:
    """A task's process, as far as its parent told of it."""

    begun: threading.Event = field(default_factory=threading.Event)
    ended: threading.Event = field(default_factory=threading.Event)
    code: int = 1

    def end(self, code: int) -> None:
        self.code = code
        self.begun.set()
        self.ended.set()
