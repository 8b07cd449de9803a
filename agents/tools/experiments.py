"""What the KFP agent can do with experiments."""

from collections.abc import Mapping
from dataclasses import dataclass

from agents.events import Effect
from agents.toolbox import Tool
from core.errors import RequestError, not_found
from core.paging import Page, page_of
from core.runs import Experiment, RunBackend

LONGEST_NAME = 80
DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class ExperimentTools:
    """Names that runs are grouped under."""

    runs: RunBackend

    def list_experiments(self, search: str = "") -> Page[Experiment]:
        """List the experiments that runs are grouped under.

        Args:
            search: Words that the name or the description must contain.
        """
        words = search.casefold().split()
        return page_of(
            [
                one
                for one in self.runs.experiments()
                if all(word in f"{one.name} {one.description}".casefold() for word in words)
            ]
        )

    def create_experiment(self, name: str, description: str = "") -> Experiment:
        """Create an experiment, to group runs under.

        Args:
            name: Its name, such as `spring-retraining`.
            description: What it is for.
        """
        self._check(name)
        return self.runs.create_experiment(name.strip(), description)

    def create_experiment_details(self, name: str, description: str) -> Mapping[str, str]:
        """Say what is created, and refuse a name that cannot be used."""
        self._check(name)
        about = f": {description}" if description else ""
        return {"creates": f"the experiment {name.strip()}{about}, with no runs"}

    def _check(self, name: str) -> None:
        wanted = name.strip()
        if not wanted or len(wanted) > LONGEST_NAME or not wanted.isprintable():
            raise RequestError(
                f"{name!r} cannot be the name of an experiment.",
                hint=f"Write up to {LONGEST_NAME} letters, such as `spring-retraining`.",
            )
        # Runs without an experiment are in the default one, also before there is any.
        taken = {DEFAULT: DEFAULT} | {
            one.name.casefold(): one.name for one in self.runs.experiments()
        }
        if wanted.casefold() in taken:
            raise RequestError(
                f"There is an experiment {taken[wanted.casefold()]!r} already.",
                hint="Start runs in it, or choose another name.",
                quoted=[taken[wanted.casefold()]],
            )

    def tools(self) -> tuple[Tool, ...]:
        """Return the tools of this agent."""
        return (
            Tool(self.list_experiments),
            Tool(self.create_experiment, Effect.WRITES, details=self.create_experiment_details),
        )


def find_experiment(runs: RunBackend, name: str) -> str:
    """Return the name of an experiment as it is written there.

    Raises:
        NotFoundError: There is no such experiment; the hint names the closest.
    """
    known = {DEFAULT: DEFAULT} | {one.name.casefold(): one.name for one in runs.experiments()}
    found = known.get(name.strip().casefold())
    if found is None:
        raise not_found("experiment", name, known.values())
    return found
