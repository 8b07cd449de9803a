"""How the cause of a failed run is shown."""

from rich.console import Group, RenderableType
from rich.text import Text

from core.diagnosis import Diagnosis, EarlierFault, Fault
from surfaces.rendering.anything import facts, notes, render, section
from surfaces.rendering.headlines import headline
from surfaces.words import clean, moment, words


@render.register
def _diagnosis(value: Diagnosis) -> RenderableType:
    parts: list[RenderableType] = [Text(clean(value.summary), style="bold")]
    if value.fault is not None:
        parts.append(_fault(value.fault))
    for other in value.others:
        parts.append(section("It could also be"))
        parts.append(_fault(other))
    if value.earlier:
        parts.append(section("The same happened before"))
        parts += [Text(_earlier(one)) for one in value.earlier]
    if value.since is not None:
        parts.append(section("Since then"))
        parts.append(Text(_fixed(value.since)))
    return Group(*parts, *notes(value.notes))


@render.register
def _fault(value: Fault) -> RenderableType:
    head = facts(
        {
            "fault": value.kind.replace("-", " "),
            "cause": words(value.cause, "red"),
            "confidence": value.confidence.value,
            "what to do": value.advice,
        }
    )
    lines = [
        Text(f"{clean(f'{line.task}:{line.number}' if line.number else line.task)}  ", style="dim")
        + Text(clean(line.text))
        for line in value.evidence
    ]
    return Group(head, *lines)


def _earlier(one: EarlierFault) -> str:
    when = moment(one.failed_at)
    return clean(f"run {one.run_id[:8]} ({one.run_name}), {when}: {_fixed(one)}")


def _fixed(one: EarlierFault) -> str:
    if not one.fixed_by:
        return "no run of its pipeline has succeeded since"
    how = ", ".join(one.changes) or "nothing that is recorded was different"
    return clean(f"run {one.fixed_by[:8]} ({one.fixed_by_name}) succeeded; {how}")


@headline.register
def _headline(value: Diagnosis) -> str:
    return clean(value.fault.cause if value.fault else value.summary)
