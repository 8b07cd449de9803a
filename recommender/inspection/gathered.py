"""Gathers signs while a project is read: who says what, where, and how strongly."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from core.projects import Evidence
from recommender.inspection.signs import Sign

MOST_PLACES = 6
"""Beyond so many places, one more says nothing new."""
SHOWN_PLACES = 3


BESIDE_PART = 0.2
"""How much a sign in a test, a document or an example counts: they show what else could be."""
_BESIDE = re.compile(
    r"(?:^|/)(?:tests?|docs?|examples?|samples?|fixtures|bench(?:marks?)?|evals?|evaluation|worlds"
    r"|templates|blueprints|corpus)/|(?:^|/)(?:test_[^/]*|conftest)\.py$",
    re.I,
)


def part_of(path: str) -> float:
    """Return how much a sign in a file counts: less where a project only speaks of things."""
    return BESIDE_PART if _BESIDE.search(path) else 1.0


@dataclass(slots=True)
class Told:
    """What speaks for one value."""

    weight: float = 0.0
    places: dict[str, tuple[float, Evidence]] = field(default_factory=dict)
    """The strongest evidence of each file."""
    used: bool = False
    """Whether it is imported, called or configured, and not only declared."""

    def add(self, weight: float, evidence: Evidence, *, used: bool) -> None:
        """Count a place; a file counts once, by its strongest sign."""
        before = self.places.get(evidence.path)
        if before is None and len(self.places) < MOST_PLACES:
            self.weight += weight
        elif before is not None and weight > before[0]:
            self.weight += weight - before[0]
        if before is None or weight > before[0]:
            self.places[evidence.path] = (weight, evidence)
        self.used = self.used or used

    @property
    def strongest(self) -> tuple[Evidence, ...]:
        """The most telling places."""
        ranked = sorted(self.places.values(), key=lambda place: (-place[0], place[1].path))
        return tuple(evidence for _, evidence in ranked[:SHOWN_PLACES])


@dataclass(slots=True)
class Gathered:
    """Everything that was found so far, by fact and value."""

    facts: dict[str, dict[str, Told]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(Told))
    )

    def add(
        self,
        sign: Sign,
        path: str,
        shows: str,
        *,
        line: int = 0,
        part: float = 1.0,
        used: bool = True,
    ) -> None:
        """Count a sign.

        Args:
            sign: What was found.
            path: The file.
            shows: What is there, in our words: never the file's text.
            line: From 1; 0 for the whole file.
            part: How much of the sign's weight counts here.
            used: Whether it shows use, and not only a declaration.
        """
        evidence = Evidence(path=path, line=line, shows=shows)
        self.facts[sign.fact][sign.value].add(sign.weight * part, evidence, used=used)

    def weights(self, fact: str) -> Mapping[str, float]:
        """Return how strongly each value of a fact is shown, the strongest first."""
        told = self.facts.get(fact, {})
        return dict(
            sorted(
                ((value, item.weight) for value, item in told.items()),
                key=lambda item: (-item[1], item[0]),
            )
        )

    def told(self, fact: str, values: Sequence[str]) -> tuple[tuple[Evidence, ...], int]:
        """Return the most telling places for some values, and how many there are."""
        items = [self.facts[fact][value] for value in values if value in self.facts.get(fact, {})]
        shown = [evidence for item in items for evidence in item.strongest]
        if len(items) > 1:
            shown = [item.strongest[0] for item in items if item.strongest]
        return tuple(dict.fromkeys(shown))[: max(SHOWN_PLACES, len(items))], sum(
            len(item.places) for item in items
        )
