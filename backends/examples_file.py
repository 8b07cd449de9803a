"""What a person taught the built-in model, as lines of JSON that they can read and delete."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock
from pydantic import TypeAdapter, ValidationError

from core.errors import NotFoundError, RequestError, UnavailableError
from core.examples import LONGEST_CHARACTERS, MOST, Example
from core.secrets import Masker
from core.visible import visible

_EXAMPLE = TypeAdapter(Example)


@dataclass(frozen=True, slots=True)
class ExamplesFile:
    """Implements `core.examples.Examples`; secrets are masked before they are written."""

    path: Path
    masker: Masker

    def list(self) -> Sequence[Example]:
        """Return them, oldest first; lines that are none are left out."""
        try:
            lines = self.path.read_text("utf-8", errors="replace").splitlines()
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise self._refused("read", error) from error
        return [found for line in lines[-MOST:] if (found := _read(line)) is not None]

    def add(self, example: Example) -> None:
        """Keep an example; one with the same words is replaced."""
        text = " ".join(self.masker.text(visible(example.text)).split())
        if not text or len(text) > LONGEST_CHARACTERS:
            raise RequestError(
                f"An example has between 1 and {LONGEST_CHARACTERS} characters.",
                hint="Teach a shorter request.",
            )
        with self._lock():
            others = [one for one in self.list() if one.text.casefold() != text.casefold()]
            self._write([*others, Example(text=text, tool=example.tool)][-MOST:])

    def remove(self, number: int) -> Example:
        """Forget the example with this number, from 1, and return it."""
        with self._lock():
            kept = [*self.list()]
            if not 1 <= number <= len(kept):
                raise NotFoundError(
                    f"There is no example {number}.",
                    hint="`mlops-swarm memory examples` lists them.",
                )
            removed = kept.pop(number - 1)
            self._write(kept)
        return removed

    def _lock(self) -> FileLock:
        return FileLock(self.path.with_name(f"{self.path.name}.lock"))

    def _write(self, examples: Sequence[Example]) -> None:
        beside = self.path.with_name(f"{self.path.name}.new")
        lines = [_EXAMPLE.dump_json(one).decode() for one in examples]
        try:
            beside.write_text("".join(f"{line}\n" for line in lines), "utf-8")
            os.replace(beside, self.path)
        except OSError as error:
            raise self._refused("written", error) from error

    def _refused(self, done: str, error: OSError) -> UnavailableError:
        return UnavailableError(
            f"The examples in {self.path} cannot be {done}: {error.strerror or error}.",
            hint="Mend the permissions, or free some space.",
        )


def _read(line: str) -> Example | None:
    """Return the example on a line; None where a person's edit left none."""
    try:
        return _EXAMPLE.validate_json(line)
    except ValidationError:
        return None
