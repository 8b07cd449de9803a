"""How inspected projects, their maturity and what was taken are shown."""

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from core.blueprints import Blueprint
from core.maturity import MaturityAssessment
from core.projects import ProjectInspection
from core.toolchains import RecordedChoice, Retrained
from surfaces.rendering.anything import facts, listing, notes, render, section, table
from surfaces.words import clean, moment, words

_LOOK = {"in place": "bold green", "begun": "yellow", "not seen": "dim"}


@render.register
def _inspection(inspection: ProjectInspection) -> RenderableType:
    grid = table("field", "value", "shown by", "places", numbers=("places",))
    for finding in inspection.findings:
        shown = [str(place) for place in finding.evidence[:3]] or [finding.note]
        grid.add_row(
            words(finding.field.replace("_", " ")),
            words(finding.value or "unknown", "bold green" if finding.value else "dim"),
            Text("\n").join(words(line) for line in shown),
            words(finding.places or ""),
        )
    parts: list[RenderableType] = [grid]
    if inspection.tools:
        tools = table("tool", "for", "shown by")
        for tool in inspection.tools:
            slots = (
                ", ".join(slot.replace("_", " ") for slot in tool.slots) or "not recommended here"
            )
            use = f"{slots} (listed, or in tests)" if tool.declared_only else slots
            tools.add_row(
                words(tool.tool), words(use), words("; ".join(map(str, tool.evidence[:2])))
            )
        parts += [section("Tools"), tools]
    head = Text(
        f"{clean(inspection.path)}: {inspection.files:,} files, {inspection.read:,} read;"
        " nothing was run",
        style="dim",
    )
    return Group(head, *parts, *notes(inspection.skipped))


@render.register
def _maturity(assessment: MaturityAssessment) -> RenderableType:
    grid = table("principle", "level", "seen", "next step")
    for principle in assessment.principles:
        seen = [
            f"{practice.practice}: {practice.evidence[0]}"
            for practice in principle.practices
            if practice.evidence
        ]
        grid.add_row(
            words(f"{principle.number}. {principle.name}"),
            words(principle.level, _LOOK[principle.level]),
            Text("\n").join(words(line) for line in seen or ["nothing"]),
            words(principle.next_step),
        )
    head = Text.assemble(
        f"{clean(assessment.path)}: ",
        (f"{assessment.in_place} of {len(assessment.principles)} principles in place", "bold"),
    )
    first = [Text(f"\nFirst of all: {clean(assessment.first)}")] if assessment.first else []
    return Group(head, grid, *first, *notes(assessment.notes))


@render.register
def _blueprint(blueprint: Blueprint) -> RenderableType:
    steps = [Text(f"{number}. {step}") for number, step in enumerate(blueprint.next_steps, 1)]
    return Group(
        facts(
            {
                "blueprint": f"{blueprint.platform} of {blueprint.pipeline}",
                "folder": blueprint.folder,
                "files": "\n".join(blueprint.files),
            }
        ),
        section("How it goes on (README.md has the commands)"),
        *steps,
    )


@render.register
def _choice(choice: RecordedChoice) -> RenderableType:
    return facts(
        {
            "taken": f"{choice.tool} for {choice.slot.replace('_', ' ')}",
            "id": choice.id,
            "recorded": moment(choice.at),
            "project": render(choice.profile),
            "learned": "yes" if choice.learned else "not yet: recommend --retrain",
        }
    )


@listing.register
def _choices(first: RecordedChoice, items: Sequence[object]) -> RenderableType:
    del first
    grid = table("id", "taken", "for", "recorded", "learned")
    for item in items:
        if isinstance(item, RecordedChoice):
            grid.add_row(
                words(item.id),
                words(item.tool),
                words(item.slot.replace("_", " ")),
                words(item.at),
                words("yes" if item.learned else "not yet"),
            )
    return grid


@render.register
def _retrained(retrained: Retrained) -> RenderableType:
    slots = ", ".join(slot.replace("_", " ") for slot in retrained.slots) or "nothing"
    return Text(
        f"The forest of this machine learned {retrained.choices} recorded choices"
        f" ({slots}) in {retrained.seconds:g} s."
    )
