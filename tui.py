"""Starts the terminal: `python tui.py`."""

import sys

from core.errors import SettingsError
from core.settings import read_settings
from surfaces.tui.app import run


def main() -> int:
    """Show the terminal until the person leaves it."""
    try:
        settings = read_settings()
    except SettingsError as error:
        sys.stderr.write(f"{error.message}\n{error.hint}\n")
        return 2
    run(settings)
    return 0


if __name__ == "__main__":
    sys.exit(main())
