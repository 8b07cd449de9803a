"""The command `mlops-swarm`: alone it opens the terminal, with words it is the command line."""

import sys


def main() -> None:
    """Open the terminal, or run the command that was typed."""
    if len(sys.argv) > 1:
        from surfaces.cli.app import main as command

        command()
    else:
        from surfaces.tui.app import run

        sys.exit(run())
