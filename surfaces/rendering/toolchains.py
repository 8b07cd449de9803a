"""How recommended toolchains are shown."""

import dataclasses

from rich.console import Group, RenderableType
from rich.text import Text

from core.toolchains import (
    OtherToolchain,
    ProjectProfile,
    QuestionsFirst,
    Recommendation,
    SlotChoice,
)
from surfaces.rendering.anything import facts, notes, render, section, table
from surfaces.words import clean, share, short, words

SHOWN_CHOICES = 3


@render.register
def _recommendation(recommendation: Recommendation) -> RenderableType:
    grid = table("for", "take", "probability", "or", "evidence", numbers=("probability",))
    for slot in recommendation.slots:
        best, rest = slot.choices[:1], slot.choices[1:SHOWN_CHOICES]
        grid.add_row(
            words(slot.slot),
            words(best[0].tool if best else "", "bold green"),
            words(share(best[0].probability) if best else ""),
            words([f"{choice.tool} {share(choice.probability)}" for choice in rest]),
            words(slot.evidence),
        )
    parts: list[RenderableType] = [
        section("Platform"),
        render(recommendation.platform),
        section("Tools"),
        grid,
        section("Why"),
        *(render(slot) for slot in recommendation.slots if slot.why or slot.flips),
    ]
    if recommendation.alternatives:
        parts.append(section("Other toolchains that fit together"))
        parts += [_other(other) for other in recommendation.alternatives]
    if recommendation.neighbours:
        near = table("project of the data", "likeness", "in common", "platform", "tools")
        for other in recommendation.neighbours:
            cells = (other.repository, share(other.likeness), other.in_common, other.platform)
            near.add_row(*(words(cell) for cell in cells), words(other.tools))
        parts += [section("Most like it"), near]
    if recommendation.companies:
        parts += [section("Companies, as published"), *notes(recommendation.companies)]
    if recommendation.questions:
        asked = "; ".join(question.text for question in recommendation.questions)
        parts.append(Text(f"\nMore would be known with: {asked}", style="italic"))
    return Group(
        Text("For a project with:", style="dim"),
        render(recommendation.profile),
        *parts,
        *notes(recommendation.caveats),
    )


def _other(other: OtherToolchain) -> RenderableType:
    differs = ", ".join(f"{slot.replace('_', ' ')}: {other.tools[slot]}" for slot in other.differs)
    return Group(
        Text.assemble((clean(other.name), "bold green"), f": {clean(differs)}"),
        Text(f"  {clean(other.reason)}", style="dim"),
    )


@render.register
def _slot(slot: SlotChoice) -> RenderableType:
    best = slot.choices[0] if slot.choices else None
    return Group(
        Text.assemble(
            f"{clean(slot.slot)}: ",
            (clean(best.tool) if best else "nothing", "bold green"),
            f" {share(best.probability)}" if best else "",
        ),
        facts(
            {
                "  why": slot.why or (best.why if best else ""),
                "  why not the next": slot.why_not,
                "  would change with": "; ".join(slot.flips),
            }
        ),
    )


@render.register
def _profile(profile: ProjectProfile) -> RenderableType:
    known = {
        field.name: short(getattr(profile, field.name))
        for field in dataclasses.fields(profile)
        if getattr(profile, field.name)
    }
    return facts(known) if known else Text("nothing known yet", style="dim")


@render.register
def _questions(questions: QuestionsFirst) -> RenderableType:
    return Group(
        Text("Before anything can be recommended:"),
        *(Text(f"• {clean(question)}") for question in questions.questions),
    )
