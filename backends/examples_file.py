"""What a person taught the built-in model, as lines of JSON that they can read and delete."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from backends.lines_file import LinesFile
from core.errors import NotFoundError, RequestError
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
        lines = self._file.read()
        return [found for line in lines[-MOST:] if (found := _read(line)) is not None]

    def add(self, example: Example) -> None:
        """Keep an example; one with the same words is replaced."""
        text = " ".join(self.masker.text(visible(example.text)).split())
        if not text or len(text) > LONGEST_CHARACTERS:
            raise RequestError(
                f"An example has between 1 and {LONGEST_CHARACTERS} characters.",
                hint="Teach a shorter request.",
            )
        with self._file.locked():
            others = [one for one in self.list() if one.text.casefold() != text.casefold()]
            self._write([*others, Example(text=text, tool=example.tool)][-MOST:])

    def remove(self, number: int) -> Example:
        """Forget the example with this number, from 1, and return it."""
        with self._file.locked():
            kept = [*self.list()]
            if not 1 <= number <= len(kept):
                raise NotFoundError(
                    f"There is no example {number}.",
                    hint="`mlops-swarm memory examples` lists them.",
                )
            removed = kept.pop(number - 1)
            self._write(kept)
        return removed

    def _write(self, examples: Sequence[Example]) -> None:
        self._file.write([_EXAMPLE.dump_json(one).decode() for one in examples])

    @property
    def _file(self) -> LinesFile:
        return LinesFile(self.path, "examples")


def _read(line: str) -> Example | None:
    """Return the example on a line; None where a person's edit left none."""
    try:
        return _EXAMPLE.validate_json(line)
    except ValidationError:
        return None
