"""Preferences as lines of a file that a person can edit."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from backends.lines_file import LinesFile
from core.errors import NotFoundError, RequestError
from core.preferences import LONGEST_CHARACTERS, MOST
from core.secrets import Masker
from core.visible import visible


@dataclass(frozen=True, slots=True)
class PreferencesFile:
    """Implements `core.preferences.Preferences`; secrets are masked before they are written."""

    path: Path
    masker: Masker

    def list(self) -> Sequence[str]:
        """Return them, oldest first; what a person wrote into the file is bounded too."""
        lines = self._file.read()
        shown = [" ".join(self.masker.text(visible(line)).split()) for line in lines]
        return [line[:LONGEST_CHARACTERS] for line in shown if line][:MOST]

    def add(self, text: str) -> None:
        """Keep a preference; one that is kept already stays as it is."""
        line = " ".join(self.masker.text(visible(text)).split())
        if not line:
            raise RequestError(
                "The preference is empty.", hint='Try: mlops-swarm memory add "five folds".'
            )
        if len(line) > LONGEST_CHARACTERS:
            raise RequestError(f"A preference has at most {LONGEST_CHARACTERS} characters.")
        with self._file.locked():
            kept = [*self.list()]
            if line in kept:
                return
            if len(kept) == MOST:
                raise RequestError(
                    f"There are {MOST} preferences already.",
                    hint="Remove one: mlops-swarm memory remove NUMBER.",
                )
            self._file.write([*kept, line])

    def remove(self, number: int) -> str:
        """Forget the preference with this number, from 1, and return it."""
        with self._file.locked():
            kept = [*self.list()]
            if not 1 <= number <= len(kept):
                raise NotFoundError(
                    f"There is no preference {number}.", hint="`mlops-swarm memory` lists them."
                )
            removed = kept.pop(number - 1)
            self._file.write(kept)
        return removed

    @property
    def _file(self) -> LinesFile:
        return LinesFile(self.path, "preferences")
