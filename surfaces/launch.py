"""The command `mlops-swarm`: alone it opens the terminal, with words it is the command line."""

import io
import os
import signal
import sys
from types import FrameType

STOPPED = 130


def main() -> None:
    """Open the terminal, or run the command that was typed."""
    if len(sys.argv) > 1:
        # From the first moment on: importing takes long enough for a person to think again.
        signal.signal(signal.SIGINT, _stop)
        _mend_streams()
        from surfaces.cli.app import main as command

        command()
    else:
        from surfaces.tui.app import run

        sys.exit(run())


def _mend_streams() -> None:
    """Make input and output usable where they were closed or cannot write every letter."""
    if sys.stdin is None:
        sys.stdin = open(os.devnull)  # noqa: SIM115  # lives as long as the process
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _stop(number: int, frame: FrameType | None) -> None:
    del number, frame
    # A live line may stand there, with the sign of the key that was pressed.
    line = b"\r\x1b[2K" if os.isatty(2) else b""
    # The interrupted code may hold the lock of `sys.stderr`.
    os.write(2, line + b"Stopped. Runs that were started go on.\n")
    sys.exit(STOPPED)
