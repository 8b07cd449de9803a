"""What shows what: the table of signs, sorted by how each is found."""

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import translate
from functools import cache, cached_property
from pathlib import Path

from core.errors import UnavailableError

SIGNS = Path(__file__).parents[1] / "data" / "signs.csv"
_IDENTIFIER = re.compile(r"[A-Za-z_]\w*")
_ENDING = re.compile(r"\*\.\w+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """Something in a project that speaks for one value of one fact."""

    sign: str
    fact: str
    value: str
    weight: float


@dataclass(frozen=True)
class Signs:
    """All signs, by how each is found."""

    kinds: Mapping[str, Sequence[Sign]]

    @cached_property
    def packages(self) -> Mapping[str, Sequence[Sign]]:
        """Signs by a package's name, in small letters with underscores."""
        return _by_name(self.kinds["package"])

    @cached_property
    def calls(self) -> Mapping[str, Sequence[Sign]]:
        """Signs by the last name of what is called."""
        return _by_name(self.kinds["call"])

    @cached_property
    def _by_ending(self) -> Mapping[str, Sequence[Sign]]:
        return _by_name(
            [replace(s, sign=s.sign[2:]) for s in self.kinds["file"] if _ENDING.fullmatch(s.sign)]
        )

    @cached_property
    def _by_pattern(self) -> Sequence[tuple[re.Pattern[str], Sign]]:
        others = [sign for sign in self.kinds["file"] if not _ENDING.fullmatch(sign.sign)]
        return [(re.compile(translate(sign.sign), re.I), sign) for sign in others]

    @cached_property
    def _any_pattern(self) -> re.Pattern[str]:
        return re.compile("|".join(pattern.pattern for pattern, _ in self._by_pattern), re.I)

    def of_file(self, path: str) -> Iterator[Sign]:
        """Yield the signs that a file's name or path is."""
        name = path.rpartition("/")[2]
        yield from self._by_ending.get(name.rpartition(".")[2].lower(), ())
        if not (self._any_pattern.match(name) or self._any_pattern.match(path)):
            return
        for pattern, sign in self._by_pattern:
            if pattern.match(path if "/" in sign.sign else name):
                yield sign

    @cached_property
    def texts(self) -> Sequence[tuple[re.Pattern[str], Sign]]:
        """Signs by what stands in configuration."""
        return _patterns(self.kinds["text"], re.M)

    @cached_property
    def any_text(self) -> re.Pattern[str]:
        """Matches configuration in which at least one sign stands."""
        return re.compile("|".join(f"(?:{sign.sign})" for sign in self.kinds["text"]), re.M)

    @cached_property
    def code(self) -> Sequence[tuple[re.Pattern[str], Sign]]:
        """Signs by what stands in Python beside imports and calls."""
        return _patterns(self.kinds["code"], re.M)

    @cached_property
    def words(self) -> Sequence[tuple[re.Pattern[str], Sign]]:
        """Signs by words of a README."""
        return _patterns(self.kinds["word"], re.I)

    @cached_property
    def _names(self) -> frozenset[str]:
        roots = {name.partition("_")[0] for name in self.packages}
        # Imports are looked up in small letters; PIL is the one package that shouts.
        return frozenset({*self.packages, *self.calls, *roots, "PIL"})

    def worth_parsing(self, text: str) -> bool:
        """Tell whether code can hold a sign at all: parsing is what costs time."""
        return not self._names.isdisjoint(_IDENTIFIER.findall(text))


@cache
def load_signs() -> Signs:
    """Read the table of signs.

    Raises:
        UnavailableError: It cannot be read.
    """
    kinds: dict[str, list[Sign]] = {
        kind: [] for kind in ("package", "call", "file", "text", "code", "word")
    }
    try:
        with SIGNS.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                kinds[row["kind"]].append(
                    Sign(
                        sign=row["sign"],
                        fact=row["fact"],
                        value=row["value"],
                        weight=float(row["weight"]),
                    )
                )
    except (OSError, KeyError, ValueError) as error:
        raise UnavailableError(
            f"The table of signs cannot be read: {error}.", hint="Install the project again."
        ) from error
    return Signs(kinds)


def _by_name(signs: Sequence[Sign]) -> Mapping[str, Sequence[Sign]]:
    found: dict[str, list[Sign]] = {}
    for sign in signs:
        found.setdefault(sign.sign, []).append(sign)
    return found


def _patterns(signs: Sequence[Sign], flags: int) -> Sequence[tuple[re.Pattern[str], Sign]]:
    return [(re.compile(sign.sign, flags), sign) for sign in signs]
