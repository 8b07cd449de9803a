"""From signs to a profile: what is shown clearly enough, and what stays unknown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.errors import RequestError
from core.projects import Evidence, Finding, ToolInUse
from core.toolchains import ProjectProfile
from recommender.catalogue import PLATFORM, find_tools
from recommender.inspection.gathered import Gathered
from recommender.profile import settled, structure_of

ENOUGH: Mapping[str, float] = {
    "data_types": 1.5,
    "task": 1.9,
    "framework": 1.0,
    "deployment": 1.9,
    "cloud": 1.9,
    "kubernetes": 1.5,
    "governance": 2.6,
}
"""The weight from which a value is taken; below it the field stays unknown."""
BESIDE = 0.5
"""A further kind of data counts from this share of the strongest one."""
TABLES_BESIDE = 0.9
"""Tables accompany almost every kind of data, so they must be shown about as strongly."""
AS_STRONG = 0.7
"""Two clouds as strong as this to one another leave the cloud unknown."""
TOO_MANY = 3
"""So many frameworks as strong as one another leave the framework unknown."""
_NEVER_SHOWN = {"budget": "A repository does not show a budget."}
_SILENT = "Nothing in the folder shows it."


@dataclass(frozen=True, slots=True)
class Settling:
    """Turns what was gathered into findings."""

    gathered: Gathered
    tests: Finding
    own: str
    """The package whose own source the folder is; empty for a project like others."""
    people: int
    people_from: Evidence | None = None

    def findings(self) -> tuple[Finding, ...]:
        """Return every field of the profile, known or unknown, with its evidence."""
        types = self._data_types()
        structure = structure_of(types)
        tools = [tool.tool for tool in self.tools() if not tool.declared_only and tool.slots]
        return (
            self._finding("data_structure", [structure] if structure else [], types),
            self._finding("data_types", types, types),
            self._strongest("task"),
            self._strongest("framework"),
            self._team(),
            self._strongest("deployment"),
            self._cloud(),
            self._kubernetes(),
            Finding(field="budget", value="", note=_NEVER_SHOWN["budget"]),
            self._governance(),
            self.tests,
            Finding(
                field="existing_tools",
                value=", ".join(tools),
                evidence=tuple(
                    tool.evidence[0]
                    for tool in self.tools()
                    if tool.tool in tools and tool.evidence
                ),
                places=len(tools),
                note="" if tools else _SILENT,
            ),
        )

    def tools(self) -> tuple[ToolInUse, ...]:
        """Return the tools that the project shows, those in use first."""
        found = []
        for name, told in self.gathered.facts.get("tool", {}).items():
            slots = tuple(tool.slot for tool in find_tools(name) if tool.slot != PLATFORM)
            found.append(
                ToolInUse(
                    tool=name, slots=slots, evidence=told.strongest, declared_only=not told.used
                )
            )
        return tuple(sorted(found, key=lambda tool: (tool.declared_only, tool.tool.casefold())))

    def _finding(self, field: str, values: Sequence[str], shown_by: Sequence[str]) -> Finding:
        fact = "data_types" if field == "data_structure" else field
        evidence, places = self.gathered.told(fact, shown_by)
        return Finding(
            field=field,
            value=", ".join(values),
            evidence=evidence if values else (),
            places=places if values else 0,
            note="" if values else _SILENT,
        )

    def _strongest(self, field: str) -> Finding:
        if self.own:
            return self._supported(field)
        weights = self.gathered.weights(field)
        best = next(iter(weights), "")
        enough = bool(best) and weights[best] >= ENOUGH[field]
        finding = self._finding(field, [best] if enough else [], [best])
        if best and not enough:
            return Finding(field=field, value="", note=f"Only a weak sign of {best}.")
        rivals = [name for name in weights if weights[name] >= AS_STRONG * weights[best]]
        if field == "framework" and len(rivals) >= TOO_MANY:
            note = f"{', '.join(rivals)} are all used: say which is the main one."
            return Finding(field=field, value="", note=note)
        return finding

    def _supported(self, field: str) -> Finding:
        note = f"This is the source of {self.own} itself: it supports more than it uses."
        return Finding(field=field, value="", note=note)

    def _data_types(self) -> list[str]:
        weights = self.gathered.weights("data_types")
        most = next(iter(weights.values()), 0.0)
        return [
            kind
            for kind, weight in weights.items()
            if weight >= ENOUGH["data_types"]
            and weight >= most * (TABLES_BESIDE if kind == "numerical" else BESIDE)
        ][:3]

    def _cloud(self) -> Finding:
        if self.own:
            return self._supported("cloud")
        weights = self.gathered.weights("cloud")
        best, *others = [name for name in weights if weights[name] >= ENOUGH["cloud"]] or [""]
        if others and weights[others[0]] >= AS_STRONG * weights[best]:
            evidence, places = self.gathered.told("cloud", [best, others[0]])
            note = f"Both {best} and {others[0]} are used: say which one it is to be."
            return Finding(field="cloud", value="", evidence=evidence, places=places, note=note)
        return self._finding("cloud", [best] if best else [], [best])

    def _kubernetes(self) -> Finding:
        weights = self.gathered.weights("kubernetes")
        some, strong = weights.get("some", 0.0), weights.get("strong", 0.0)
        if weights.get("none", 0.0) >= ENOUGH["kubernetes"] and not some + strong:
            return self._finding("kubernetes", ["none"], ["none"])
        if strong and some + strong >= 2 * ENOUGH["kubernetes"] + strong / 2 and strong >= 3:
            return self._finding("kubernetes", ["strong"], ["strong", "some"])
        if some + strong >= ENOUGH["kubernetes"]:
            return self._finding("kubernetes", ["some"], ["some", "strong"])
        return Finding(field="kubernetes", value="", note=_SILENT)

    def _governance(self) -> Finding:
        weights = self.gathered.weights("governance")
        for level in ("high", "medium"):
            if weights.get(level, 0.0) >= ENOUGH["governance"]:
                return self._finding("governance", [level], [level])
        return Finding(field="governance", value="", note=_SILENT)

    def _team(self) -> Finding:
        if not self.people:
            note = "There is no history that can be read."
            return Finding(field="team_size", value="", note=note)
        size = "solo" if self.people == 1 else "small" if self.people <= 5 else "medium"
        evidence = (self.people_from,) if self.people_from else ()
        size = size if self.people <= 20 else "large"
        return Finding(field="team_size", value=size, evidence=evidence, places=1)


def profile_of(findings: Sequence[Finding]) -> ProjectProfile:
    """Return the profile that the findings make; tools that exclude each other are left out."""
    told = {finding.field: finding.value for finding in findings}
    several = {
        name: tuple(value for value in told.pop(name, "").split(", ") if value)
        for name in ("data_types", "existing_tools")
    }
    profile = ProjectProfile(**told, data_types=several["data_types"])  # type: ignore[arg-type]  # all the rest are texts
    kept: tuple[str, ...] = ()
    doubtful = next(finding.note for finding in findings if finding.field == "cloud")
    for name in several["existing_tools"]:
        if doubtful != _SILENT and not told["cloud"] and any(t.clouds for t in find_tools(name)):
            # It would settle a cloud that the folder leaves open.
            continue
        with_it = ProjectProfile(
            **told,  # type: ignore[arg-type]  # all of these are texts
            data_types=several["data_types"],
            existing_tools=(*kept, name),
        )
        try:
            profile = settled(with_it)
        except RequestError:
            continue
        kept = (*kept, name)
    return profile
