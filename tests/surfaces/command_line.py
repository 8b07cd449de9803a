"""The command line as tests use it: in this process, or in one of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from surfaces.cli.app import main

SECONDS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What a command printed and how it ended."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[dict[str, Any]]:
        """What it printed, as JSON lines."""
        return [json.loads(line) for line in self.out.splitlines()]


def typed(capsys: pytest.CaptureFixture[str], *words: str) -> Done:
    """Run a command in this process, where nobody is at a terminal."""
    with pytest.raises(SystemExit) as end:
        main(words)
    printed = capsys.readouterr()
    return Done(code=int(str(end.value.code or 0)), out=printed.out, err=printed.err)


def command(home: Path, *words: str, **variables: str) -> Mapping[str, Any]:
    """Return how a command is started in a process of its own, outside of every project."""
    return {
        "args": [sys.executable, "-c", "from surfaces.launch import main; main()", *words],
        "env": os.environ | {"MLOPS_SWARM_HOME": str(home), **variables},  # noqa: TID251  # handed on
        "cwd": home.parent,
    }


def executed(
    home: Path,
    *words: str,
    given: bytes = b"",
    before: Callable[[], None] | None = None,
    **variables: str,
) -> Done:
    """Run a command in a process of its own, with bytes as its input."""
    done = subprocess.run(
        **command(home, *words, **variables),
        input=given,
        capture_output=True,
        timeout=SECONDS,
        check=False,
        preexec_fn=before,
    )
    return Done(code=done.returncode, out=done.stdout.decode(), err=done.stderr.decode())
