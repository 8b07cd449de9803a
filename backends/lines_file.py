"""A small file of lines that a person can read and mend; processes take turns in changing it."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from core.errors import UnavailableError


@dataclass(frozen=True, slots=True)
class LinesFile:
    """Reads and replaces the lines of one file.

    Args:
        path: The file; it is made at the first write.
        what: What its lines are, for errors: `examples`.
    """

    path: Path
    what: str

    def read(self) -> Sequence[str]:
        """Return the lines; none without the file.

        Raises:
            UnavailableError: It cannot be read.
        """
        try:
            return self.path.read_text("utf-8", errors="replace").splitlines()
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise self._refused("read", error) from error

    def write(self, lines: Sequence[str]) -> None:
        """Replace the lines, all of them or none.

        Raises:
            UnavailableError: It cannot be written.
        """
        beside = self.path.with_name(f"{self.path.name}.new")
        try:
            beside.write_text("".join(f"{line}\n" for line in lines), "utf-8")
            os.replace(beside, self.path)
        except OSError as error:
            raise self._refused("written", error) from error

    def locked(self) -> FileLock:
        """Return what keeps other processes out while the lines change."""
        return FileLock(self.path.with_name(f"{self.path.name}.lock"))

    def _refused(self, done: str, error: OSError) -> UnavailableError:
        return UnavailableError(
            f"The {self.what} in {self.path} cannot be {done}: {error.strerror or error}.",
            hint="Mend the permissions, or free some space.",
        )
