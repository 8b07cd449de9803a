"""The parent of all tasks of a run: it has the heavy imports done, and forks.

It serves from the first imports on, and goes on importing while it has nothing else to do; a task
that starts alone does not wait for what only later ones need. Requests and answers are lines of
JSON on its standard input and output.
"""

import atexit
import contextlib
import importlib
import json
import logging
import os
import select
import signal
import sys
import threading
import traceback
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from backends.runs_local.logs import BROKEN_OFF

AT_FIRST = 4
"""How many of the modules are imported before the first task: KFP's executor and data frames."""


def main() -> None:
    """Serve until nobody is left to ask."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    # What an import prints belongs into the worker's log, not among the answers.
    os.dup2(2, 1)
    todo = deque(sys.argv[1:])
    for _ in range(min(AT_FIRST, len(todo))):
        _import(todo.popleft())
    _Server(answers, todo).serve()


class _Server:
    """Forks a process for each request.

    Args:
        answers: Where to tell what became of requests.
        todo: Modules that are still to be imported.
    """

    def __init__(self, answers: IO[str], todo: deque[str]) -> None:
        self._answers = answers
        self._todo = todo
        self._requests: deque[Mapping[str, Any]] = deque()
        self._running: dict[int, int] = {}
        self._unread = b""
        self._bell, ring = os.pipe()
        for end in (self._bell, ring):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(ring)
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def serve(self) -> None:
        """Take requests, tell ends, import; in this order."""
        while self._listen():
            self._tell_ends()
            # A task that starts alone starts at once; several are better off when all is there.
            if self._requests and not (self._todo and self._running):
                self._fork(self._requests.popleft())
            elif self._todo:
                _import(self._todo.popleft())

    def _listen(self) -> bool:
        """Read what there is, waiting for it if there is nothing to do; false at the end."""
        busy = self._todo or self._requests
        ready, _, _ = select.select([0, self._bell], [], [], 0 if busy else None)
        if self._bell in ready:
            os.read(self._bell, 4096)
        if 0 not in ready:
            return True
        read = os.read(0, 1 << 20)
        *lines, self._unread = (self._unread + read).split(b"\n")
        for request in map(json.loads, lines):
            if "write_to" in request:
                _write_to(Path(request["write_to"]))
            else:
                self._requests.append(request)
        return bool(read)

    def _tell_ends(self) -> None:
        while self._running:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            number = self._running.pop(pid, None)
            if number is not None:
                self._answer(id=number, code=os.waitstatus_to_exitcode(status))

    def _fork(self, request: Mapping[str, Any]) -> None:
        pid = os.fork()
        if pid == 0:
            _be_a_task(request)
        self._running[pid] = int(request["id"])
        self._answer(id=request["id"], pid=pid)

    def _answer(self, **answer: object) -> None:
        # Who asked may be gone; then the next look at the input says so.
        with contextlib.suppress(BrokenPipeError):
            self._answers.write(json.dumps(answer) + "\n")
            self._answers.flush()


def _import(module: str) -> None:
    # A task that needs it will say in its log that it is not there.
    with contextlib.suppress(ImportError):
        importlib.import_module(module)


def _be_a_task(request: Mapping[str, Any]) -> None:
    """Do the request in this process, which was just forked, and end it."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    code = 1
    try:
        _close_inherited()
        _execute(request)
        code = 0
    except SystemExit as ended:
        code = _exit_code(ended)
    except BaseException:  # noqa: BLE001  # the log of the task tells how it ended, however it did
        sys.stderr.write(f"{BROKEN_OFF}\n{traceback.format_exc()}")
    finally:
        for thread in threading.enumerate():
            if thread is not threading.current_thread() and not thread.daemon:
                thread.join()
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _exit_code(ended: SystemExit) -> int:
    if isinstance(ended.code, str):
        sys.stderr.write(f"{ended.code}\n")
    return ended.code if isinstance(ended.code, int) else int(ended.code is not None)


def _close_inherited() -> None:
    """Let go of the pipes to the worker: it would wait for them."""
    os.closerange(3, 64)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)


def _execute(request: Mapping[str, Any]) -> None:
    """Do what KFP's container command does."""
    folder = Path(request["folder"])
    _write_to(Path(request["log"]))
    os.environ.update(request["environment"])  # noqa: TID251  # the component's own, never read here
    _forget_shared_randomness()
    folder.mkdir(parents=True, exist_ok=True)
    os.chdir(folder)
    source = folder / "ephemeral_component.py"
    source.write_text(request["source"], encoding="utf-8")
    arguments = ["executor_main", "--component_module_path", str(source), *request["arguments"]]
    sys.argv = arguments
    from kfp.dsl.executor_main import executor_main

    executor_main()


def _write_to(log: Path) -> None:
    """Send everything that the task writes, in Python or below it, to its log."""
    handle = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os.dup2(handle, 1)
    os.dup2(handle, 2)
    os.close(handle)
    sys.stdout = open(1, "w", buffering=1, encoding="utf-8", errors="replace", closefd=False)  # noqa: SIM115  # lives as long as the process
    sys.stderr = open(2, "w", buffering=1, encoding="utf-8", errors="replace", closefd=False)  # noqa: SIM115  # lives as long as the process
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    # The executor tells its whole input first; that is noise in front of what the task says.
    handler.addFilter(lambda record: record.module != "executor_main")
    logging.basicConfig(handlers=[handler], level=logging.INFO, force=True)


def _forget_shared_randomness() -> None:
    """Give the task random numbers of its own, where its parent has drawn the seed already."""
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        numpy.random.seed()


if __name__ == "__main__":
    main()
