"""The command `mlops-swarm`: alone it opens the terminal, with words it is the command line."""

import sys

from core.errors import SettingsError
from core.settings import read_settings


def main() -> None:
    """Open the terminal, or run the command that was typed."""
    if len(sys.argv) > 1:
        from surfaces.cli.app import main as command

        command()
    else:
        open_terminal()


def open_terminal() -> None:
    """Open the terminal; settings that cannot be used are explained instead."""
    try:
        settings = read_settings()
    except SettingsError as error:
        sys.stderr.write(f"{error.message}\n{error.hint}\n")
        sys.exit(2)
    from surfaces.tui.app import run

    run(settings)
