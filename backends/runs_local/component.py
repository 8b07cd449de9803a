"""One task of a run, in a process forked from a parent that has the heavy imports done."""

import importlib
import importlib.metadata
import json
import logging
import multiprocessing
import os
import re
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.connection import wait
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement

from backends.runs_local.logs import TASK_PROCESS
from core.errors import RequestError

_SOURCE_FOLLOWS = re.compile(r"ephemeral_component\.py.*\$@", re.DOTALL)
_PIP_INSTALL = re.compile(r"pip install (?P<words>.*?)(?=&&|\n|$)", re.DOTALL)
_QUOTED = re.compile(r"'([^']*)'")
# Process objects look after one another's ends when one is started, without a lock of their own.
_PROCESSES = threading.Lock()


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


def prepare_parent(preload: Sequence[str]) -> None:
    """Start the parent of all tasks; it imports while the worker does other things."""
    from multiprocessing import forkserver

    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__, "kfp.dsl.executor_main", *preload])
    # KFP imports only what a component needs where this is set, as in its own containers. The
    # worker needs more than that, but not the client for clusters, which costs a second.
    os.environ["_KFP_RUNTIME"] = "true"  # noqa: TID251  # written for the parent, never read
    try:
        forkserver.ensure_running()
        importlib.import_module("kfp")
    finally:
        del os.environ["_KFP_RUNTIME"]  # noqa: TID251  # the rest of KFP is imported in full


def run_call(call: ComponentCall, when_forked: Callable[[], None]) -> int:
    """Run a component to its end and return its exit code; negative is the signal that ended it.

    Args:
        call: What to run.
        when_forked: Called once its process is there; the first of a run waits for the imports.
    """
    context = multiprocessing.get_context("forkserver")
    process: ForkServerProcess = context.Process(target=_execute, args=(call,), name=TASK_PROCESS)
    with _PROCESSES:
        process.start()
    when_forked()
    wait([process.sentinel])
    with _PROCESSES:
        process.join()
        code = process.exitcode
    return 1 if code is None else code


def _execute(call: ComponentCall) -> None:
    """Do in the forked process what KFP's container command does."""
    _write_to(call.log)
    os.environ.update(call.environment)  # noqa: TID251  # the component's own, never read here
    _forget_shared_randomness()
    call.folder.mkdir(parents=True, exist_ok=True)
    os.chdir(call.folder)
    source = call.folder / "ephemeral_component.py"
    source.write_text(call.source, encoding="utf-8")
    sys.argv = [
        "executor_main",
        "--component_module_path",
        str(source),
        *call.arguments,
    ]
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
