"""Starts the terminal: `python tui.py`."""

import sys

from surfaces.tui.app import run

if __name__ == "__main__":
    sys.exit(run())
