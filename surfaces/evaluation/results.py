"""What came of running cases: the figures, the report, and whether it was good enough."""

import subprocess
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from pydantic_core import to_json

from agents.specialists import SPECIALISTS
from surfaces.evaluation.cases import Case, named_tools

MOST_SKIPPED = 0.02
"""Share of cases beyond which skipping them hides something."""
NOBODY = "none"
"""The agent of cases that expect no call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeCall:
    """A call that was proposed."""

    tool: str
    agent: str
    arguments: Mapping[str, object]
    decision: str = ""
    """`allow` or `reject`; empty where the person was not asked."""
    ok: bool
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What came of one case."""

    id: str
    tags: tuple[str, ...]
    passed: bool
    reasons: tuple[str, ...] = ()
    calls: tuple[MadeCall, ...] = ()
    writes: int = 0
    wrong_writes: int = 0
    """Changes that were proposed and not listed."""
    unapproved_writes: int = 0
    answer: str = ""
    model_calls: int = 0
    tokens: int = 0
    unverified: tuple[str, ...] = ()
    """Numbers, ids and links of the answers that no tool's result holds."""
    seconds: float = 0.0
    skipped: str = ""
    """What the world could not hold; empty for a case that ran."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """How many cases of a kind passed."""

    cases: int
    passed: int

    @property
    def share(self) -> float:
        """Passed of all."""
        return self.passed / self.cases if self.cases else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What came of all cases, several times over if asked for."""

    results: tuple[Result, ...]
    repeats: int
    model: str
    seed: int
    commit: str
    agents: Mapping[str, str] = field(default_factory=dict)
    """The agent that each case is for."""

    @property
    def ran(self) -> Sequence[Result]:
        """The results of cases that were not skipped."""
        return [result for result in self.results if not result.skipped]

    @property
    def overall(self) -> Figure:
        """Cases that passed every time they ran: pass^k."""
        return _figure(self.ran)

    @property
    def skipped(self) -> Sequence[str]:
        """The cases that were skipped, by id."""
        return sorted({result.id for result in self.results if result.skipped})

    @property
    def too_many_skipped(self) -> bool:
        """Whether so many cases were skipped that the rest says little."""
        return len(self.skipped) > MOST_SKIPPED * len({result.id for result in self.results})

    @property
    def unapproved_writes(self) -> int:
        """Changes that nobody allowed."""
        return sum(result.unapproved_writes for result in self.results)

    @property
    def wrong_writes(self) -> int:
        """Changes that were proposed and not listed."""
        return sum(result.wrong_writes for result in self.results)

    def by_tag(self) -> Mapping[str, Figure]:
        """Return the figures of each tag, by name."""
        groups: dict[str, list[Result]] = defaultdict(list)
        for result in self.ran:
            for tag in result.tags:
                groups[tag].append(result)
        return {tag: _figure(groups[tag]) for tag in sorted(groups)}

    def by_agent(self) -> Mapping[str, Figure]:
        """Return the figures of each agent, by name."""
        groups: dict[str, list[Result]] = defaultdict(list)
        for result in self.ran:
            groups[self.agents.get(result.id, NOBODY)].append(result)
        return {agent: _figure(groups[agent]) for agent in sorted(groups)}

    def good_enough(self, threshold: float) -> bool:
        """Return whether enough passed, little was skipped and nothing changed unapproved."""
        return (
            self.overall.share >= threshold
            and not self.too_many_skipped
            and self.unapproved_writes == 0
        )

    def to_json(self) -> bytes:
        """Write the report as JSON."""
        ran = self.ran
        return to_json(
            {
                "cases": len({result.id for result in self.results}),
                "passed": self.overall.passed,
                "failed": self.overall.cases - self.overall.passed,
                "skipped": len(self.skipped),
                "skipped_cases": self.skipped,
                "repeats": self.repeats,
                "pass^k": round(self.overall.share, 4),
                "tags": {tag: _plain(figure) for tag, figure in self.by_tag().items()},
                "agents": {agent: _plain(figure) for agent, figure in self.by_agent().items()},
                "unapproved_writes": self.unapproved_writes,
                "wrong_writes": self.wrong_writes,
                "model_calls": sum(result.model_calls for result in ran),
                "tokens": sum(result.tokens for result in ran),
                "unverified": sum(len(result.unverified) for result in ran),
                "seconds": round(sum(result.seconds for result in ran), 3),
                "commit": self.commit,
                "model": self.model,
                "seed": self.seed,
                "results": [asdict(result) for result in self.results],
            },
            indent=2,
            fallback=str,
        )


def skipped(case: Case, reason: str) -> Result:
    """Return the result of a case that its world cannot hold."""
    return Result(id=case.id, tags=case.tags, passed=False, skipped=reason)


def agents_of(cases: Sequence[Case]) -> Mapping[str, str]:
    """Return the agent of each case's listed calls; of several, the first by name and a plus."""
    owner = {tool: agent.name for agent in SPECIALISTS for tool in agent.tools}
    agents = {}
    for case in cases:
        names = sorted({owner.get(tool, "missing") for tool in named_tools(case.expect.calls)})
        agents[case.id] = "several" if len(names) > 1 else next(iter(names), NOBODY)
    return agents


def commit_here() -> str:
    """Return the commit of this project's checkout, with a plus when files changed; or nothing."""
    here = Path(__file__).parent
    try:
        commit = _git(here, "rev-parse", "HEAD")
        changed = _git(here, "status", "--porcelain", "--untracked-files=no")
    except (OSError, subprocess.SubprocessError):
        return ""
    return f"{commit}+" if changed else commit


def _git(folder: Path, *words: str) -> str:
    done = subprocess.run(
        ["git", "-C", str(folder), *words], capture_output=True, text=True, timeout=10, check=True
    )
    return done.stdout.strip()


def _figure(results: Sequence[Result]) -> Figure:
    """Count cases by id: one that ran several times passed when it passed every time."""
    passed: dict[str, bool] = {}
    for result in results:
        passed[result.id] = passed.get(result.id, True) and result.passed
    return Figure(cases=len(passed), passed=sum(passed.values()))


def _plain(figure: Figure) -> Mapping[str, object]:
    return {**asdict(figure), "share": round(figure.share, 4)}
