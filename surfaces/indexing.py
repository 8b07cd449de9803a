"""Reading the documentation before somebody asks, in a process of its own.

`python -m surfaces.indexing HOME` is what the terminal starts when its first use is near: indexing
takes seconds of computing, which in a thread would be taken from the conversation.
"""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import AssistantError
from core.services import BuiltinEmbedding, EmbeddedIndex
from core.settings import Settings, read_settings
from models.deployments.processes import python_command

if TYPE_CHECKING:
    from knowledge.library import Library

NICENESS = 5
"""The conversation comes first, but a question may already wait for the documentation."""


class Reading:
    """The documentation being read by a process of low priority.

    It goes on when the terminal is left: what it writes, it writes at once or not at all.
    """

    def __init__(self, home: Path) -> None:
        self._process = subprocess.Popen(
            [*python_command("surfaces.indexing"), str(home)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    @property
    def under_way(self) -> bool:
        """Whether it has not ended yet."""
        return self._process.poll() is None

    def wait(self, seconds: float) -> int:
        """Wait for its end and return its exit code.

        Raises:
            TimeoutExpired: It takes longer.
        """
        return self._process.wait(seconds)


def read_ahead(settings: Settings, library: "Library") -> Reading | None:
    """Begin to read the documentation if much of it is unread; nothing where that costs others.

    A shared index or an embedding service is first asked when a person asks something.
    """
    own = isinstance(settings.index, EmbeddedIndex)
    free = isinstance(settings.embedding, BuiltinEmbedding)
    return Reading(settings.home) if own and free and library.is_behind() else None


def main(arguments: Sequence[str]) -> int:
    """Bring the index of a home up to date."""
    from surfaces.services import library_of

    os.nice(NICENESS)
    try:
        settings = read_settings().model_copy(update={"home": Path(arguments[0])})
        library_of(settings).refresh()
    except AssistantError:
        # Whoever asks the first question is told.
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
