"""Measures the first paint of the terminal against that of an empty Textual app.

Run `python bench/first_paint.py [repeats]`. Both are started in a terminal of their own, in turns;
the clock runs from starting the process to the first text of the app on that terminal. The target
is a ratio of at most 2.
"""

import fcntl
import os
import pty
import select
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LIMIT_SECONDS = 30.0
TARGET_RATIO = 2.0

EMPTY = """
from textual.app import App
from textual.widgets import Static

class Empty(App):
    def compose(self):
        yield Static("painted")

Empty().run()
"""

CASES = {
    "empty Textual app": ([sys.executable, "-c", EMPTY], b"painted"),
    "mlops-swarm": ([sys.executable, str(ROOT / "tui.py")], b"mlops-swarm"),
}
"""What to start, and the text whose arrival is the first paint."""


def first_paint_seconds(command: list[str], text: bytes, home: str) -> float:
    """Start a program in a terminal and return when its first text arrived there."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 36, 120, 0, 0))
    environment = {"PATH": os.defpath, "TERM": "xterm-256color", "MLOPS_SWARM_HOME": home}
    began = time.perf_counter()
    process = subprocess.Popen(
        command,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        cwd=home,
        env=environment,
        start_new_session=True,
    )
    os.close(theirs)
    try:
        return _until(ours, text, began)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        os.close(ours)


def _until(terminal: int, text: bytes, began: float) -> float:
    # The title, which also holds the name, is set in an escape sequence before anything is painted:
    # only text after the first cursor movement counts.
    seen = b""
    while time.perf_counter() - began < LIMIT_SECONDS:
        ready, _, _ = select.select([terminal], [], [], 1.0)
        if ready:
            seen += os.read(terminal, 65536)
            painted = seen.partition(b"\x1b[1;1H")[2] or seen.partition(b"\x1b[H")[2]
            if text in painted:
                return time.perf_counter() - began
    raise SystemExit(f"Nothing was painted within {LIMIT_SECONDS:g} s:\n{seen[-2000:]!r}")


def main() -> int:
    """Print the median of both and their ratio; 1 if the target is missed."""
    repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 9
    seconds: dict[str, list[float]] = {name: [] for name in CASES}
    with tempfile.TemporaryDirectory() as home:
        for repeat in range(repeats + 1):
            for name, (command, text) in CASES.items():
                took = first_paint_seconds(command, text, home)
                # The first round fills the disk cache and writes the compiled modules.
                if repeat:
                    seconds[name].append(took)
    medians = {name: statistics.median(values) for name, values in seconds.items()}
    for name, values in seconds.items():
        print(
            f"{name:<18} median {medians[name] * 1000:5.0f} ms"
            f"  ({min(values) * 1000:.0f} to {max(values) * 1000:.0f}, {len(values)} starts)"
        )
    empty, ours = medians.values()
    print(f"ratio {ours / empty:.2f} (target: at most {TARGET_RATIO:g})")
    return 0 if ours / empty <= TARGET_RATIO else 1


if __name__ == "__main__":
    sys.exit(main())
