"""Assesses a project's folder against the nine principles of MLOps."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain, islice

from core.maturity import MaturityAssessment, PracticeSeen, PrincipleAssessment
from core.projects import Evidence, ProjectInspection
from recommender.inspection.project import inspect_folder
from recommender.inspection.tree import SeenFile, Tree, read_tree
from recommender.principles import PRINCIPLES, Practice, Principle

ENOUGH = 2 / 3
"""The share of a principle's practices from which it counts as in place."""
MOST_TEXTS = 600
"""Files whose text is looked at."""
LONGEST_TEXT = 40_000
"""Characters of a file that are looked at."""
SHOWN = 2
_NO_PRACTICE = re.compile(r"(?:^|/)(?:docs?|corpus|examples?|tests?|bench)/|(?:^|/)test_", re.I)
_NOTES = (
    "What a folder shows is not all there is: a practice outside it (a schedule in a service, an"
    " agreement between people) is not seen here.",
    "A practice counts as seen where a file shows it; how well it is done is for people to judge.",
)


@dataclass(slots=True)
class _Looking:
    tree: Tree
    inspection: ProjectInspection
    texts: dict[str, str] = field(default_factory=dict)

    def seen(self, practice: Practice) -> tuple[Evidence, ...]:
        """Return where a practice is seen, a few places."""
        found = chain(self._by_people(practice), self._by_tools(practice), self._by_files(practice))
        return tuple(islice(found, SHOWN))

    def _by_people(self, practice: Practice) -> Iterator[Evidence]:
        team = next(item for item in self.inspection.findings if item.field == "team_size")
        if practice.history and (self.tree.root / ".git").is_dir():
            yield Evidence(path=".git", shows="is a Git history")
        if practice.several_people and team.value not in ("", "solo"):
            yield from team.evidence

    def _by_tools(self, practice: Practice) -> Iterator[Evidence]:
        for tool in self.inspection.tools:
            if not tool.declared_only and set(tool.slots) & set(practice.slots):
                yield from (e for e in tool.evidence[:1] if not _NO_PRACTICE.search(e.path))

    def _by_files(self, practice: Practice) -> Iterator[Evidence]:
        if not practice.files:
            return
        paths, text = practice.path_pattern(), practice.text_pattern()
        for file in self.tree.files:
            if not paths.search(file.path):
                continue
            if not practice.text:
                yield Evidence(path=file.path, shows="is there")
            elif found := text.search(content := self._text(file)):
                line = content.count("\n", 0, found.start()) + 1
                yield Evidence(path=file.path, line=line, shows=f"shows {practice.name}")

    def _text(self, file: SeenFile) -> str:
        if file.path not in self.texts:
            plenty = len(self.texts) >= MOST_TEXTS or bool(_NO_PRACTICE.search(file.path))
            self.texts[file.path] = "" if plenty else self.tree.text(file)[:LONGEST_TEXT]
        return self.texts[file.path]


def assess(path: str) -> MaturityAssessment:
    """Return how far a project is with each principle, with evidence and the next step.

    Args:
        path: The project's folder.

    Raises:
        NotFoundError: There is no such folder.
        RequestError: It is a file.
        UnavailableError: It cannot be read.
    """
    looking = _Looking(read_tree(path), inspect_folder(path))
    principles = tuple(
        _assessed(number, principle, looking) for number, principle in enumerate(PRINCIPLES, 1)
    )
    # What is not seen at all comes first; among those, the order of the principles is a good one.
    order = {"not seen": 0, "begun": 1, "in place": 2}
    weakest = min(principles, key=lambda item: (order[item.level], item.number))
    first = f"{weakest.name}: {weakest.next_step}" if weakest.next_step else ""
    return MaturityAssessment(path=path, principles=principles, first=first, notes=_NOTES)


def _assessed(number: int, principle: Principle, looking: _Looking) -> PrincipleAssessment:
    practices = tuple(
        PracticeSeen(practice=practice.name, evidence=looking.seen(practice))
        for practice in principle.practices
    )
    share = sum(practice.seen for practice in practices) / len(practices)
    missing = [
        practice.advice
        for practice, found in zip(principle.practices, practices, strict=True)
        if not found.seen
    ]
    return PrincipleAssessment(
        number=number,
        name=principle.name,
        level="in place" if share >= ENOUGH else "begun" if share else "not seen",
        practices=practices,
        next_step=missing[0] if missing else "",
    )
